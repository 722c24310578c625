//! Where bodies end (RFC 9112 sections 6 to 9).

use super::{Recorder, decode, decode_to_head_request, response};
use crate::http1::{DecodeError, ResponseDecoder, ResponseLimits};

/// A section of RFC 9112; the version, the status and the fields of a response; its body; its content, or `None` if it is
/// refused; whether the connection can serve another request.
type Decision = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
);

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    ("6.3 rule 1", "1.1 204; Content-Length: 5", "abcde", Some(""), true),
    ("6.3 rule 1", "1.1 304; Content-Length: 5", "", Some(""), true),
    ("6.3 rule 1", "1.1 304; Transfer-Encoding: chunked", "", Some(""), true),
    ("6.3 rule 1", "1.1 204; Content-Length: x", "", Some(""), true),
    ("6.3 rule 3", "1.1 200; Transfer-Encoding: chunked; Content-Length: 1", "2\r\nab\r\n0\r\n\r\n", Some("ab"), false),
    ("6.3 rule 3", "1.1 200; Content-Length: 1; Transfer-Encoding: chunked", "2\r\nab\r\n0\r\n\r\n", Some("ab"), false),
    ("6.3 rule 4", "1.1 200; Transfer-Encoding: chunked", "2\r\nab\r\n0\r\n\r\n", Some("ab"), true),
    ("6.3 rule 4", "1.1 200; transfer-encoding: , CHUNKED ,", "0\r\n\r\n", Some(""), true),
    ("6.3 rule 4", "1.1 200; Transfer-Encoding: gzip", "ab", None, false),
    ("6.3 rule 4", "1.1 200; Transfer-Encoding: gzip, chunked", "0\r\n\r\n", None, false),
    ("6.3 rule 4", "1.1 200; Transfer-Encoding: chunked, gzip", "0\r\n\r\n", None, false),
    ("6.1", "1.1 200; Transfer-Encoding: chunked; Transfer-Encoding: chunked", "0\r\n\r\n", None, false),
    ("6.1", "1.1 200; Transfer-Encoding: identity", "ab", None, false),
    ("6.1", "1.1 200; Transfer-Encoding:", "ab", None, false),
    ("6.1", "1.0 200; Transfer-Encoding: chunked", "0\r\n\r\n", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 2; Content-Length: 3", "abc", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 2, 3", "abc", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: +2", "ab", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: -0", "", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 0x2", "ab", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 1 2", "ab", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 1\r\n 2", "ab", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length:", "", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 2,", "", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 18446744073709551616", "", None, false),
    ("6.3 rule 5", "1.1 200; Content-Length: 2, 2", "ab", Some("ab"), true),
    ("6.3 rule 5", "1.1 200; Content-Length: 2; Content-Length: 02", "ab", Some("ab"), true),
    ("6.3 rule 6", "1.1 200; Content-Length: 2", "ab", Some("ab"), true),
    ("6.3 rule 6", "1.1 500; Content-Length: 0", "", Some(""), true),
    ("6.3 rule 8", "1.1 200", "ab", Some("ab"), false),
    ("6.3 rule 8", "1.1 200; Connection: keep-alive", "ab", Some("ab"), false),
    ("9.3", "1.1 200; Content-Length: 0; Connection: close", "", Some(""), false),
    ("9.3", "1.1 200; Content-Length: 0; Connection: x, CLOSE", "", Some(""), false),
    ("9.3", "1.1 200; Content-Length: 0; Connection: keep-alive; Connection: close", "", Some(""), false),
    ("9.3", "1.1 200; Content-Length: 0; Connection: closed", "", Some(""), true),
    ("9.3", "1.0 200; Content-Length: 0", "", Some(""), false),
    ("9.3", "1.0 200; Content-Length: 0; Connection: Keep-Alive", "", Some(""), true),
];

/// The content and the reuse of a response with the head of a [`Decision`].
fn content(head: &str, body: &str) -> Result<(String, bool), DecodeError> {
    let head = head.replacen("; ", " Reason\r\n", 1).replace("; ", "\r\n");
    let decoded = decode(format!("HTTP/{head}\r\n\r\n{body}"));
    decoded.result?;
    let content = String::from_utf8(decoded.events.content).unwrap();
    Ok((content, decoded.keeps_alive))
}

#[test]
fn framing_is_decided_by_rfc_9112() {
    for (section, head, body, expected, keeps_alive) in DECISIONS {
        match (content(head, body), expected) {
            (Ok(decoded), Some(expected)) => {
                assert_eq!(
                    decoded,
                    ((*expected).to_owned(), *keeps_alive),
                    "{section}: {head}"
                );
            }
            (Err(DecodeError::Malformed(_)), None) => {}
            (decoded, _) => panic!("{section}: {head}: {decoded:?}"),
        }
    }
}

#[test]
fn refused_framing_visits_nothing() {
    let decoded = decode(response("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"));
    assert_eq!(decoded.events.status, None);
}

#[test]
fn response_to_head_has_no_body() {
    for fields in [
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "",
    ] {
        let decoded = decode_to_head_request(&response(fields, "abc"));
        assert_eq!(
            (decoded.result, decoded.unused, decoded.content_length),
            (Ok(()), 3, None)
        );
        assert!(decoded.keeps_alive, "{fields}");
    }
}

#[test]
fn bytes_after_the_body_are_not_consumed() {
    for (fields, body) in [
        ("Content-Length: 2\r\n", "ab"),
        ("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n"),
    ] {
        let decoded = decode(response(fields, &format!("{body}HTTP")));
        assert_eq!((decoded.result, decoded.unused), (Ok(()), 4));
    }
}

#[test]
fn chunk_extensions_and_trailers_are_skipped() {
    for (body, expected) in [
        ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
        ("0001;x\r\na\r\n0\r\n\r\n", "a"),
        ("1 \t; x=\"y;z\" ; w\r\na\r\n00;x=y\r\n\r\n", "a"),
        ("1  \r\na\r\n0\r\n\r\n", "a"),
        (
            "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            "01234567890123456789",
        ),
        ("0\r\nExpires: never\r\nX:\r\n\r\n", ""),
        ("0\r\nX: y\r\n folded\r\nZ: \r\n\r\n", ""),
    ] {
        let decoded = decode(response("Transfer-Encoding: chunked\r\n", body));
        assert_eq!(decoded.result, Ok(()), "{body:?}");
        assert_eq!(decoded.events.content, expected.as_bytes(), "{body:?}");
        assert_eq!(decoded.events.fields.len(), 1);
        assert_eq!((decoded.keeps_alive, decoded.unused), (true, 0), "{body:?}");
    }
}

#[test]
fn malformed_chunks_are_refused() {
    for body in [
        "\r\n",
        "x\r\n",
        " 1\r\na\r\n0\r\n\r\n",
        "-1\r\na\r\n0\r\n\r\n",
        "0x1\r\na\r\n0\r\n\r\n",
        "1 1\r\na\r\n0\r\n\r\n",
        "1\na\r\n0\r\n\r\n",
        "1\r\na\n0\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n",
        "1\ra\r\n0\r\n\r\n",
        "1;x\ny\r\na\r\n0\r\n\r\n",
        "1;x\0\r\na\r\n0\r\n\r\n",
        "10000000000000000\r\n",
        "0\r\n\n",
        "0\r\nX: y\n\r\n",
        "0\r\n X: y\r\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\n: y\r\n\r\n",
        "0\r\nX: \0\r\n\r\n",
    ] {
        let decoded = decode(response("Transfer-Encoding: chunked\r\n", body));
        let is_malformed = matches!(decoded.result, Err(DecodeError::Malformed(_)));
        assert!(is_malformed, "{body:?}: {:?}", decoded.result);
    }
}

#[test]
fn end_of_the_connection_within_a_body_is_incomplete() {
    for (fields, body) in [
        ("Content-Length: 3\r\n", "ab"),
        ("Content-Length: 3\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", "2\r\na"),
        ("Transfer-Encoding: chunked\r\n", "2\r\nab"),
        ("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n"),
        ("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n"),
        ("Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n\r"),
    ] {
        let decoded = decode(response(fields, body));
        assert_eq!(decoded.result, Err(DecodeError::Incomplete), "{body:?}");
        assert!(decoded.events.status == Some(200) && !decoded.keeps_alive);
    }
}

#[test]
fn content_may_be_read_by_the_caller() {
    let mut decoder = ResponseDecoder::new(ResponseLimits::default());
    let decode = |decoder: &mut ResponseDecoder, input: &str| {
        let mut events = Recorder::default();
        if decoder.has_head() {
            events.status = Some(200);
        }
        assert_eq!(
            decoder.decode(input.as_bytes(), &mut events),
            Ok(input.len())
        );
    };
    assert_eq!(decoder.contiguous(), 0);
    decode(&mut decoder, &response("Content-Length: 10\r\n", "ab"));
    assert_eq!(
        (decoder.contiguous(), decoder.content_length()),
        (8, Some(10))
    );
    decoder.advance(5).unwrap();
    decode(&mut decoder, "c");
    decoder.advance(2).unwrap();
    assert_eq!(
        (decoder.is_complete(), decoder.content_length()),
        (true, Some(10))
    );

    decoder.begin(false);
    assert_eq!(decoder.content_length(), None);
    decode(
        &mut decoder,
        &response("Transfer-Encoding: chunked\r\n", "5\r\n"),
    );
    assert_eq!(decoder.contiguous(), 5);
    decoder.advance(5).unwrap();
    assert_eq!(decoder.contiguous(), 0);
    decode(&mut decoder, "\r\n0\r\n\r\n");
    assert!(decoder.is_complete());

    decoder.begin(false);
    decode(&mut decoder, &response("", ""));
    assert_eq!(decoder.contiguous(), u64::MAX);
    decoder.advance(3).unwrap();
    assert_eq!(decoder.end_of_stream(), Ok(()));
}
