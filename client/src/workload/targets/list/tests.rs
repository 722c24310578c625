//! Lines that are accepted, and where errors are located.

use super::*;
use crate::workload::expectation::Expectation;
use crate::workload::request_message::RequestMessage;
use http::Method;
use proptest::prelude::*;
use std::io;

fn read(name: &str) -> io::Result<Vec<u8>> {
    match name {
        "order.bin" => Ok(vec![0, 255]),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn parsed(text: impl AsRef<[u8]>) -> Result<LoadTargets, String> {
    let base = "http://h:8001/flags".parse().unwrap();
    let message = RequestMessage::default().field("accept", "*/*").unwrap();
    let mut targets = LoadTargets::new(Some(base), message, Expectation::default());
    let added = targets.add_list(text.as_ref(), &read);
    added.map_err(|error| error.to_string()).map(|()| targets)
}

fn only(line: &str) -> LoadTarget {
    parsed(line).unwrap().targets()[0].clone()
}

#[test]
fn each_line_is_a_path_a_url_or_a_comment() {
    let text = "\u{feff}/b\r\n# /c\r\n\r\n  http://h:8001/a?x \r\nhttp://other/b\n/\u{e9}";
    let targets = parsed(text).unwrap();
    let located = targets.targets().iter();
    let located: Vec<_> = located
        .map(|one| (one.endpoint, one.path.as_str()))
        .collect();
    assert_eq!(located, [(0, "/b"), (0, "/a?x"), (1, "/b"), (0, "/%C3%A9")]);
}

#[test]
fn line_of_json_has_method_fields_body_weight_and_expectations() {
    let target = only(
        r#" {"url": "/a", "method": "PUT", "fields": {"x-id": ["1", "2"], "Accept": "text/plain"},
            "body": "{}", "weight": 3, "expect_status": "201,4xx", "expect_body": "id"}"#
            .replace('\n', " ")
            .as_str(),
    );
    assert_eq!((target.path.as_str(), target.weight), ("/a", 3));
    assert_eq!(target.message.method(), Method::PUT);
    let fields = target.message.fields();
    assert_eq!(fields.get_all("x-id").iter().count(), 2);
    // Instead of the one of all targets.
    assert!(fields.get_all("accept").iter().eq(["text/plain"]));
    assert_eq!(target.message.body().as_ref(), b"{}");
    assert_eq!(target.expectation.statuses.to_string(), "201,4xx");
    assert_eq!(target.expectation.body.unwrap().as_ref(), b"id");
}

#[test]
fn what_a_line_leaves_out_is_that_of_all_targets() {
    let target = only(r#"{"url": "/a", "expect_status": 404}"#);
    assert_eq!(target.message.method(), Method::GET);
    assert!(target.message.fields().contains_key("accept"));
    assert_eq!((target.weight, target.expectation.digest), (1, None));
    assert_eq!(target.expectation.statuses.to_string(), "404");
}

#[test]
fn body_is_text_base64_or_a_file_and_makes_a_post() {
    for (body, content) in [
        (r#""body": "x""#, &b"x"[..]),
        (r#""body_base64": "AP8=""#, &[0, 255]),
        (r#""body_file": "order.bin""#, &[0, 255]),
    ] {
        let target = only(&format!(r#"{{"url": "/", {body}}}"#));
        assert_eq!(target.message.method(), Method::POST);
        assert_eq!(target.message.body().as_ref(), content);
    }
}

#[test]
fn error_names_line_and_column() {
    for (text, error) in [
        (
            "/a\n\n  img/1.png",
            "3:3: expected a URL such as `http://127.0.0.1:8000/a`, or a path that begins with `/`, got `img/1.png`",
        ),
        ("# none\n", "1:1: expected at least one URL, got none"),
        (
            r#"{"url": "/", "metod": "PUT"}"#,
            "1:20: unknown key `metod`; did you mean `method`?",
        ),
        (r#"{"method": "PUT"}"#, "1:17: missing key `url`"),
        (r#"{"url": 7}"#, "1:9: expected a string, got `7`"),
        (r#"{"url": "/""#, "1:11: EOF while parsing an object"),
        (
            r#"{"url": "x"}"#,
            "1:2: url: expected a URL such as `http://127.0.0.1:8000/a`, or a path that begins with `/`, got `x`",
        ),
        (
            r#"{"url": "/", "weight": 0}"#,
            "1:14: weight: expected a weight from 1 to 1000000, got `0`",
        ),
        (
            r#"{"url": "/", "method": "CONNECT"}"#,
            "1:14: method: expected a method with a response, got `CONNECT`",
        ),
        (
            r#"{"url": "/", "fields": {"Content-Length": "1"}}"#,
            "1:14: fields: expected a field that the client does not set itself, got `content-length`",
        ),
        (
            r#"{"url": "/", "fields": {"a": 1}}"#,
            "1:31: expected a string or a list of strings",
        ),
        (
            r#"{"url": "/", "body": "", "body_file": "x"}"#,
            "1:14: body: expected only one of `body`, `body_file` and `body_base64`",
        ),
        (
            r#"{"url": "/", "body_file": "x"}"#,
            "1:14: body_file: cannot read `x`: entity not found",
        ),
        (
            r#"{"url": "/", "body_base64": "?"}"#,
            "1:14: body_base64: expected Base64 (RFC 4648), got `?`",
        ),
        (
            r#"{"url": "/", "expect_status": "20"}"#,
            "1:34: expected statuses from 200 to 999 and classes, such as `200,204,3xx`, got `20`",
        ),
    ] {
        assert_eq!(parsed(text).unwrap_err(), error, "{text}");
    }
    let error = parsed(r#"{"url": "/", "expect_digest": "x"}"#).unwrap_err();
    assert!(
        error.contains("expected") && error.starts_with("1:33: "),
        "{error}"
    );
    let error = "2:2: expected UTF-8 text, got `/\\xe9`".to_owned();
    assert_eq!(parsed(b"/a\n/\xe9\n").unwrap_err(), error);
}

#[test]
fn long_texts_are_shortened_in_errors() {
    let long = "x".repeat(1_000_000);
    for text in [
        long.clone(),
        format!(r#"{{"url": "{long}"}}"#),
        format!(r#"{{"{long}": 1}}"#),
    ] {
        assert!(parsed(text).unwrap_err().len() < 600);
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(text: Vec<u8>, near in "(\\{\"url\": ?\"[/a-z:]{0,9}\"[,}\"a-z:]{0,20}\n?){0,3}") {
        let _: Result<_, _> = parsed(text);
        let _: Result<_, _> = parsed(near);
    }
}
