//! Limits hold, exactly.

use super::{Decoded, decode_pieces, response};
use crate::http1::{DecodeError, ResponseDecoder, ResponseLimits};

/// Decodes a response with the changed limits, whole and byte by byte, with the same result.
fn decode(input: &str, change: impl FnOnce(&mut ResponseLimits)) -> Decoded {
    let mut limits = ResponseLimits::default();
    change(&mut limits);
    let whole = decode_pieces(limits, false, &[input.as_bytes()]);
    let bytes: Vec<_> = input.as_bytes().chunks(1).collect();
    assert_eq!(whole, decode_pieces(limits, false, &bytes));
    whole
}

#[test]
fn head_limit_is_exact() {
    let input = response("Content-Length: 0\r\n", "");
    let limit = input.len();
    assert_eq!(decode(&input, |it| it.head = limit).result, Ok(()));
    let too_large = decode(&input, |it| it.head = limit - 1).result;
    assert_eq!(too_large, Err(DecodeError::HeadTooLarge));
    let endless = format!("HTTP/1.1 200 {}", "x".repeat(limit));
    let too_large = decode(&endless, |it| it.head = limit).result;
    assert_eq!(too_large, Err(DecodeError::HeadTooLarge));
}

#[test]
fn field_limit_is_exact() {
    let input = response(
        &format!("{}Content-Length: 0\r\n", "X: y\r\n".repeat(9)),
        "",
    );
    assert_eq!(decode(&input, |it| it.fields = 10).result, Ok(()));
    let too_large = decode(&input, |it| it.fields = 9).result;
    assert_eq!(too_large, Err(DecodeError::HeadTooLarge));
    let most = response(&"X: y\r\n".repeat(128), "");
    assert_eq!(decode(&most, |it| it.fields = 1000).result, Ok(()));
    let many = response(&"X: y\r\n".repeat(129), "");
    assert_eq!(
        decode(&many, |it| it.fields = 1000).result,
        Err(DecodeError::HeadTooLarge)
    );
}

#[test]
fn interim_limit_is_exact_and_starts_over_with_each_request() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(3);
    let input = format!("{interim}{}", response("Content-Length: 0\r\n", ""));
    assert_eq!(decode(&input, |it| it.interim = 3).result, Ok(()));
    let too_many = decode(&input, |it| it.interim = 2).result;
    let reason = "more than 2 interim responses".to_owned();
    assert_eq!(too_many, Err(DecodeError::Malformed(reason)));

    let limits = ResponseLimits {
        interim: 3,
        ..ResponseLimits::default()
    };
    let mut decoder = ResponseDecoder::new(limits);
    for _ in 0..3 {
        decoder.begin(false);
        let mut events = super::Recorder::default();
        decoder.decode(input.as_bytes(), &mut events).unwrap();
        assert_eq!(decoder.interim_responses(), 3);
    }
}

#[test]
fn declared_length_above_the_limit_is_refused_after_the_head() {
    let input = response("Content-Length: 10\r\n", "0123456789");
    assert_eq!(decode(&input, |it| it.body = 10).result, Ok(()));
    let decoded = decode(&input, |it| it.body = 9);
    assert_eq!(decoded.result, Err(DecodeError::BodyTooLarge));
    assert_eq!(
        (decoded.events.status, decoded.content_length),
        (Some(200), Some(10))
    );
    assert_eq!(decoded.events.content, b"");
}

#[test]
fn chunks_above_the_limit_are_refused_before_their_data() {
    let input = response(
        "Transfer-Encoding: chunked\r\n",
        "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
    );
    assert_eq!(decode(&input, |it| it.body = 10).result, Ok(()));
    let decoded = decode(&input, |it| it.body = 9);
    assert_eq!(decoded.result, Err(DecodeError::BodyTooLarge));
    assert_eq!(decoded.events.content, b"01234");
    let overflow = response(
        "Transfer-Encoding: chunked\r\n",
        "1\r\n0\r\nffffffffffffffff\r\n",
    );
    let decoded = decode(&overflow, |it| it.body = u64::MAX);
    assert_eq!(decoded.result, Err(DecodeError::BodyTooLarge));
}

#[test]
fn content_until_close_is_refused_after_the_limit() {
    let input = response("", "0123456789");
    assert_eq!(decode(&input, |it| it.body = 10).result, Ok(()));
    let decoded = decode(&input, |it| it.body = 9);
    assert_eq!(decoded.result, Err(DecodeError::BodyTooLarge));
    assert_eq!(decoded.events.content, b"012345678");
}

#[test]
fn content_that_the_caller_reads_is_limited_too() {
    let limits = ResponseLimits {
        body: 10,
        ..ResponseLimits::default()
    };
    let mut decoder = ResponseDecoder::new(limits);
    let head = response("", "");
    decoder
        .decode(head.as_bytes(), &mut super::Recorder::default())
        .unwrap();
    assert_eq!(decoder.advance(10), Ok(()));
    assert_eq!(decoder.advance(1), Err(DecodeError::BodyTooLarge));
}

#[test]
fn framing_without_content_is_limited() {
    // In each body, 101 bytes of framing before or after the only byte of content.
    for body in [
        format!("{}1\r\na\r\n0\r\n\r\n", "0".repeat(98)),
        format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(97)),
        format!("1\r\na\r\n0\r\nX: {}\r\n\r\n", "x".repeat(89)),
        format!("1\r\na\r\n0;x\r\n{}\r\n", "X:\r\n".repeat(23)),
    ] {
        let input = response("Transfer-Encoding: chunked\r\n", &body);
        let decoded = decode(&input, |it| it.without_progress = 101);
        assert_eq!(decoded.result, Ok(()), "{body}");
        let decoded = decode(&input, |it| it.without_progress = 100);
        assert!(
            matches!(decoded.result, Err(DecodeError::Malformed(_))),
            "{body}"
        );
    }
}

#[test]
fn content_starts_the_limit_of_framing_over() {
    let many = "1;extension\r\na\r\n".repeat(1000);
    let input = response(
        "Transfer-Encoding: chunked\r\n",
        &format!("{many}0\r\n\r\n"),
    );
    assert_eq!(decode(&input, |it| it.without_progress = 20).result, Ok(()));
}
