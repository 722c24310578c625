//! Tests of the bytes of responses that hyper cannot write.

use super::*;
use crate::fate::fault::test_support::fate_with;
use proptest::prelude::*;

const GET: WireRequest = WireRequest {
    version: Version::HTTP_11,
    is_head: false,
    keeps_alive: true,
};

const HEAD: WireRequest = WireRequest {
    is_head: true,
    ..GET
};

const OLD_GET: WireRequest = WireRequest {
    version: Version::HTTP_10,
    ..GET
};

fn respond(fault: &str, request: WireRequest, response: &PreparedResponse) -> WireImage {
    let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
    WireImage::new(response, &fate_with(fault), request, &date)
}

/// The response of 200 with the body `Hello, world!`.
fn hello() -> PreparedResponse {
    PreparedResponse::text(StatusCode::OK, "Hello, world")
}

fn image(fault: &str, request: WireRequest) -> WireImage {
    respond(fault, request, &hello())
}

fn head(image: &WireImage) -> &str {
    std::str::from_utf8(&image.head).unwrap()
}

/// The fields of a head between `content-type` and `date`.
fn framing(image: &WireImage) -> &str {
    let (_, rest) = head(image).split_once("charset=utf-8\r\n").unwrap();
    rest.split_once("date: ").unwrap().0
}

/// The data and the trailers of a body in chunks; `None` if it is malformed or incomplete.
fn decode(mut body: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut data = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            let trailers = String::from_utf8(body.to_vec()).ok()?;
            return trailers.ends_with("\r\n").then_some((data, trailers));
        }
        data.extend(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[test]
fn fields_are_those_that_hyper_writes() {
    let image = image("interim:100", GET);
    let expected = "HTTP/1.1 100 Continue\r\n\r\n\
                    HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n\
                    date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    assert_eq!(head(&image), expected);
    assert_eq!(image.body, "Hello, world\n");
    assert_eq!(image.ending, Ending::Complete);
}

#[test]
fn interim_responses_are_repeated_with_their_fields() {
    let image = image("interim:103,count=2,header=a:1,header=b:2", GET);
    let one = "HTTP/1.1 103 Early Hints\r\na: 1\r\nb: 2\r\n\r\n";
    assert!(head(&image).starts_with(&format!("{one}{one}HTTP/1.1 200 OK\r\n")));
}

#[test]
fn an_unknown_status_and_a_reason_are_written_as_by_hyper() {
    let first_line = |fault| {
        let mut response = PreparedResponse::for_status(StatusCode::from_u16(299).unwrap());
        response.reason = fault;
        let image = respond("chunked", GET, &response);
        head(&image).lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line(None), "HTTP/1.1 299 <none>");
    assert_eq!(first_line(Some("Fine".to_owned())), "HTTP/1.1 299 Fine");
}

#[test]
fn chunks_have_their_size_and_trailers_follow() {
    let plain = image("chunked:5", GET);
    assert_eq!(framing(&plain), "transfer-encoding: chunked\r\n");
    assert_eq!(
        plain.body,
        "5\r\nHello\r\n5\r\n, wor\r\n3\r\nld\n\r\n0\r\n\r\n"
    );
    let trailers = image("chunked:trailer=X-A:1,trailer=b:2", GET);
    let announced = "trailer: x-a\r\ntrailer: b\r\ntransfer-encoding: chunked\r\n";
    assert_eq!(framing(&trailers), announced);
    assert_eq!(
        trailers.body,
        "d\r\nHello, world\n\r\n0\r\nx-a: 1\r\nb: 2\r\n\r\n"
    );
}

#[test]
fn chunks_with_a_flaw_stop_where_it_is() {
    for (fault, body) in [
        ("chunked:truncated", "d\r\nHello,"),
        ("chunked:8,truncated", "8\r\nHello, w\r\n5\r\nor"),
        ("chunked:8,malformed", "8\r\nHello, w\r\nzz\r\n"),
        ("chunked:malformed", "d\r\nHello, world\n\r\nzz\r\n"),
        ("chunked:8,unterminated", "8\r\nHello, w\r\n5\r\norld\n\r\n"),
    ] {
        let image = image(fault, GET);
        assert_eq!(image.body, body, "{fault}");
        assert_eq!(image.ending, Ending::Cut(Offset::Percent(100)), "{fault}");
        assert_eq!(
            (decode(&image.body), image.lacks_end),
            (None, true),
            "{fault}"
        );
    }
}

#[test]
fn endless_chunks_are_repeated() {
    let image = image("chunked:8,endless", GET);
    let body: &[u8] = b"8\r\nHello, w\r\n5\r\norld\n\r\n";
    assert_eq!(
        (image.body_length(), image.ending),
        (u64::MAX, Ending::Complete)
    );
    for offset in [0, 3, body.len() - 1] {
        let later = image.head_length() + 7 * body.len() as u64 + offset as u64;
        assert_eq!(image.bytes_at(later), &body[offset..]);
    }
    let empty = respond("chunked:endless", GET, &PreparedResponse::default());
    assert_eq!(
        (empty.body_length(), &empty.body[..]),
        (5, &b"0\r\n\r\n"[..])
    );
}

#[test]
fn bytes_at_an_offset_are_the_rest_of_head_or_body() {
    let image = image("chunked", GET);
    let mut all = Vec::new();
    while let bytes @ [_, ..] = image.bytes_at(all.len() as u64) {
        all.extend_from_slice(&bytes[..bytes.len().min(7)]);
    }
    assert_eq!(all, [&image.head[..], &image.body[..]].concat());
    assert_eq!(all.len() as u64, image.head_length() + image.body_length());
}

#[test]
fn content_length_is_wrong_by_the_given_number() {
    for (fault, fields) in [
        ("content-length:+10", "content-length: 23\r\n"),
        ("content-length:-10", "content-length: 3\r\n"),
        ("content-length:-100", "content-length: 0\r\n"),
        (
            "content-length:double",
            "content-length: 13\r\ncontent-length: 14\r\n",
        ),
    ] {
        for (request, body) in [(GET, "Hello, world\n"), (HEAD, "")] {
            let image = image(fault, request);
            assert_eq!(
                (framing(&image), &image.body[..]),
                (fields, body.as_bytes()),
                "{fault}"
            );
        }
    }
}

#[test]
fn a_body_until_close_has_no_length() {
    let image = image("until-close:7", GET);
    assert_eq!(framing(&image), "connection: close\r\n");
    assert_eq!(
        (&image.body[..], image.ending),
        (&b"Hello, world\n"[..], Ending::Cut(Offset::Bytes(7)))
    );
}

#[test]
fn a_response_without_a_body_has_no_chunks() {
    let head_only = image("chunked:truncated", HEAD);
    assert_eq!(framing(&head_only), "transfer-encoding: chunked\r\n");
    assert!(head_only.body.is_empty());
    for fault in [
        "chunked",
        "chunked:endless",
        "content-length:+10",
        "content-length:double",
        "interim:103",
    ] {
        for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
            let image = respond(fault, GET, &PreparedResponse::for_status(status));
            assert_eq!((image.body_length(), image.body.len()), (0, 0), "{fault}");
            let head = head(&image);
            let has_framing = head.contains("content-length") || head.contains("transfer-encoding");
            assert!(!has_framing, "{fault}: {head}");
        }
    }
}

#[test]
fn http_1_0_gets_neither_chunks_nor_interim_responses() {
    let cut = Ending::Cut(Offset::Percent(100));
    for fault in ["chunked", "chunked:3,malformed", "chunked:trailer=a:1"] {
        let image = image(fault, OLD_GET);
        assert!(head(&image).starts_with("HTTP/1.0 200 OK\r\n"));
        assert_eq!(
            (framing(&image), &image.body[..]),
            ("", &b"Hello, world\n"[..]),
            "{fault}"
        );
        assert_eq!(image.ending, cut, "{fault}");
    }
    let endless = image("chunked:endless", OLD_GET);
    assert_eq!(
        (endless.body_length(), endless.ending),
        (u64::MAX, Ending::Complete)
    );
    let interim = image("interim:103", OLD_GET);
    assert!(head(&interim).starts_with("HTTP/1.0 200 OK\r\n"));
    assert_eq!(
        framing(&interim),
        "connection: keep-alive\r\ncontent-length: 13\r\n"
    );
}

#[test]
fn a_connection_that_ends_says_so() {
    let request = |version| WireRequest {
        version,
        keeps_alive: false,
        ..GET
    };
    let fields = |version| framing(&image("content-length:-1", request(version))).to_owned();
    assert_eq!(
        fields(Version::HTTP_11),
        "connection: close\r\ncontent-length: 12\r\n"
    );
    assert_eq!(fields(Version::HTTP_10), "content-length: 12\r\n");
}

#[test]
fn garbage_takes_the_place_of_the_head() {
    let image = image("garbage", GET);
    assert_eq!((&image.head[..], image.body_length()), (GARBAGE, 0));
    assert_eq!(image.ending, Ending::Cut(Offset::Bytes(0)));
}

#[test]
fn an_image_is_needed_for_what_hyper_cannot_write() {
    for fault in [
        "chunked",
        "until-close",
        "content-length:-1",
        "interim:103",
        "garbage",
    ] {
        assert!(WireImage::is_needed_for(&fate_with(fault)), "{fault}");
    }
    for fault in [
        "reset:700",
        "404",
        "stale",
        "corrupt",
        "trickle:9",
        "slow-upload:9",
    ] {
        assert!(!WireImage::is_needed_for(&fate_with(fault)), "{fault}");
    }
}

proptest! {
    #[test]
    fn chunks_decode_to_the_body(data in proptest::collection::vec(any::<u8>(), 0..300), size in 1_u32..50) {
        let response = PreparedResponse { body: data.clone().into(), ..PreparedResponse::default() };
        let image = respond(&format!("chunked:{size},trailer=a:1"), GET, &response);
        prop_assert_eq!(decode(&image.body), Some((data, "a: 1\r\n\r\n".to_owned())));
    }
}
