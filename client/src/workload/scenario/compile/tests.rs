//! Files that are accepted, and where errors are located.

use super::*;
use std::io;

fn read(name: &str) -> io::Result<Vec<u8>> {
    match name {
        "order.bin" => Ok(vec![0, 255]),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn compiled(text: &str) -> Result<(Scenario, Vec<LoadTarget>), String> {
    let base = "http://h:8001".parse().unwrap();
    let message = RequestMessage::default().field("accept", "*/*").unwrap();
    let mut targets = LoadTargets::new(Some(base), message, Expectation::default());
    let scenario = targets.add_scenario(text, &read);
    let scenario = scenario.map_err(|error| error.to_string())?;
    Ok((scenario, targets.targets().to_vec()))
}

#[test]
fn steps_become_targets() {
    let text = r#"
        [[step]]
        name = "login"
        url = "/login"
        method = "PUT"
        fields = { content-type = "application/json", Accept = "text/plain" }
        body = '{"user": {{"a"}}}'
        expect_status = 201
        [[step]]
        url = "http://other/a b"
        body_file = "order.bin"
        expect_body = "x"
        "#;
    let (scenario, targets) = compiled(text).unwrap();
    assert!(scenario.step_names().eq(["login", "step 2"]));
    let [login, order] = &targets[..] else {
        panic!()
    };
    assert_eq!((login.endpoint, login.path.as_str()), (0, "/login"));
    assert_eq!((order.endpoint, order.path.as_str()), (1, "/a%20b"));
    assert_eq!(login.message.method(), Method::PUT);
    // Content makes a POST.
    assert_eq!(order.message.method(), Method::POST);
    assert_eq!(order.message.body().as_ref(), [0, 255]);
    assert!(
        login
            .message
            .fields()
            .get_all("accept")
            .iter()
            .eq(["text/plain"])
    );
    assert!(order.message.fields().get_all("accept").iter().eq(["*/*"]));
    assert_eq!(login.message.body().as_ref(), br#"{"user": {{"a"}}}"#);
    assert_eq!(login.expectation.statuses.to_string(), "201");
    assert_eq!(order.expectation.body.as_deref(), Some(&b"x"[..]));
}

#[test]
fn path_of_a_step_with_placeholders_is_shown_with_them() {
    let step = |url| format!("[[step]]\nurl = '{url}'");
    for (url, endpoint, path) in [
        (
            "/orders/{iteration}?a={iteration}",
            0,
            "/orders/{iteration}?a={iteration}",
        ),
        ("http://other/{iteration}", 1, "/{iteration}"),
        ("http://H:8001/{iteration}", 0, "/{iteration}"),
    ] {
        let (_, targets) = compiled(&step(url)).unwrap();
        assert_eq!(
            (targets[0].endpoint, targets[0].path.as_str()),
            (endpoint, path)
        );
    }
}

#[test]
fn error_names_line_and_column() {
    for (text, error) in [
        ("", "1:1: missing key `step`"),
        (
            "step = []",
            "1:1: expected at least one `[[step]]`, got none",
        ),
        (
            "[[step]]\nurl = ",
            "2:7: string values must be quoted, expected literal string",
        ),
        ("[[step]]\nname = 'a'", "1:1: missing key `url`"),
        (
            "[[step]]\nurl = '/'\nmetod = 'PUT'",
            "3:1: unknown key `metod`; did you mean `method`?",
        ),
        (
            "[[step]]\nurl = '/'\nthink = '1'",
            "3:9: expected a duration such as `50ms` or `1.5s`, got `1`",
        ),
        (
            "[[step]]\nurl = '/'\nexpect_status = 20",
            "3:17: expected statuses from 200 to 999 and classes, such as `200,204,3xx`, got `20`",
        ),
        (
            "[[step]]\nurl = 'login'",
            "2:7: expected a URL such as `http://127.0.0.1:8000/a`, or a path that begins with `/`, got `login`",
        ),
        (
            "[[step]]\nurl = 'http://{iteration}/a{iteration}'",
            "2:7: expected a URL without placeholders in its host, got `http://{iteration}/a{iteration}`",
        ),
        (
            "[[step]]\nurl = '/{iteration} a'",
            "2:7: expected a path such as `/img/1.png?size=2`, in ASCII and of at most 8192 bytes, got `/{iteration} a`",
        ),
        (
            "[[step]]\nurl = '/'\nfields = { a = 'b', x = '{token}' }\nextract = { token = { json = '/t' } }",
            "3:25: unknown placeholder `token`; known: iteration; write `{{token}}` for the text `{token}`",
        ),
        (
            "[[step]]\nurl = '/'\nfields = { content-length = '1' }",
            "3:12: expected a field that the client does not set itself, got `content-length`",
        ),
        (
            "[[step]]\nurl = '/'\nmethod = 'CONNECT'",
            "2:7: expected a method with a response, got `CONNECT`",
        ),
        (
            "[[step]]\nurl = '/'\nbody = ''\nbody_file = 'x'",
            "4:13: expected only one of `body` and `body_file`",
        ),
        (
            "[[step]]\nurl = '/'\nbody_file = 'x'",
            "3:13: cannot read `x`: entity not found",
        ),
        (
            "[[step]]\nurl = '/'\nextract = { a = { json = 'b' } }",
            "3:17: expected a JSON pointer such as `/token` (RFC 6901), got `b`",
        ),
        (
            "[[step]]\nurl = '/'\nextract = { a = {} }",
            "3:17: expected either `json` or `field`",
        ),
        (
            "[[step]]\nurl = '/'\nextract = { a = { jsn = '/b' } }",
            "3:19: unknown key `jsn`; did you mean `json`?",
        ),
        (
            "variables = { a = ['x'] }\n[[step]]\nurl = '/'\nextract = { a = { json = '/b' } }",
            "4:13: `a` is the name of a variable",
        ),
        (
            "variables = { iteration = 'x' }\n[[step]]\nurl = '/'",
            "1:15: expected a name of letters, digits, `_` and `-` that begins with a letter or `_` and is not \
             `iteration`, got `iteration`",
        ),
        (
            "variables = { a = [] }\n[[step]]\nurl = '/'",
            "1:19: expected one or more texts without control characters",
        ),
        (
            "variables = { a = 1 }\n[[step]]\nurl = '/'",
            "1:19: expected a string or a list of strings",
        ),
    ] {
        assert_eq!(compiled(text).unwrap_err(), error, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn parsing_never_panics(text: String, url in "[/{}a-z:?#]{0,20}", body in "[{}a-z\"]{0,20}") {
        let _: Result<_, _> = compiled(&text);
        let _: Result<_, _> = compiled(&format!("[[step]]\nurl = '{url}'\nbody = '{body}'"));
    }
}
