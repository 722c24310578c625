//! Parsing and printing of status faults.

use crate::FaultSpec;
use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
use flagpole_protocol::{Fate, ResponseContent, RetryAfter, StatusResponse};
use std::path::Path;
use std::sync::Arc;

fn status(spec: &str) -> Arc<StatusResponse> {
    match fate_with(spec).content {
        ResponseContent::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_fate_has_the_status_and_no_other_change() {
    let mut fate = fate_with("status:418");
    let ResponseContent::Status(status) = &fate.content else {
        panic!("{fate:?}")
    };
    let code = "418".parse().unwrap();
    let only_code = StatusResponse {
        code,
        ..StatusResponse::default()
    };
    assert_eq!(**status, only_code);
    fate.content = ResponseContent::Requested;
    assert_eq!(fate.fault.take().as_deref(), Some("418"));
    assert_eq!(fate, Fate::default());
}

#[test]
fn the_fate_has_the_given_details() {
    let status = status(
        r#"503,retry-after=2s,reason=Gone "Fishing",type=text/html,body="sorry, wait @ 5%\n",header=X-A: b ,header="x-a:\"c, d\""@100%"#,
    );
    assert_eq!(status.retry_after, Some(RetryAfter::Seconds(2)));
    assert_eq!(status.reason.as_deref(), Some("Gone \"Fishing\""));
    assert_eq!(status.content_type.as_ref().unwrap(), "text/html");
    assert_eq!(status.body.as_ref().unwrap(), "sorry, wait @ 5%\n");
    let field = |(name, value): &(http::HeaderName, http::HeaderValue)| {
        format!("{name}: {}", value.to_str().unwrap())
    };
    let fields: Vec<_> = status.fields.iter().map(field).collect();
    assert_eq!(fields, ["x-a: b", "x-a: \"c, d\""]);
}

#[test]
fn every_form_prints_back() {
    [
        "404",
        "503,retry-after=2s",
        "503,retry-after=date:+30s",
        "503,retry-after=date:-30s",
        "503,retry-after=\"Fri, 31 Dec 2027 23:59:59 GMT\"",
        "503,reason=Gone Fishing,type=text/html; charset=utf-8,body=<p>",
        r#"503,body="sorry, wait @ 5%\n""#,
        r#"503,body="größe""#,
        "503,body=\"\"",
        "503,type=text/html,body-file=no-such-file.json",
        "302,header=location:/x,header=set-cookie:a=\"b,c\"",
        r#"302,header="link:</a>, </b>""#,
    ]
    .into_iter()
    .for_each(assert_prints_back);
}

#[test]
fn a_status_that_is_not_final_is_rejected() {
    let expected = "status: expected a status of 200 to 999, such as `404`, got";
    for got in ["99", "1000", "99999"] {
        assert_eq!(error(got), format!("{expected} `{got}`"));
    }
    let interim = "the fault `interim` sends interim responses";
    assert_eq!(error("103"), format!("{expected} `103`; {interim}"));
    assert_eq!(error("status"), format!("{expected} nothing"));
}

#[test]
fn malformed_details_are_rejected() {
    let date = r#"`2s`, `date:+30s` or a date such as `"Fri, 31 Dec 2027 23:59:59 GMT"`, quoted"#;
    let length = "use the fault `content-length`";
    for (text, sentence) in [
        (
            "503,retry-after=1500ms",
            "retry-after: expected whole seconds such as `2s`, got `1500ms`".to_owned(),
        ),
        (
            "503,retry-after=date:+1.5s",
            "retry-after: expected whole seconds such as `2s`, got `1.5s`".to_owned(),
        ),
        (
            "503,retry-after=date:30s",
            format!("retry-after: expected {date}, got `date:30s`"),
        ),
        (
            "503,retry-after=Fri, 31 Dec 2027 23:59:59 GMT",
            format!("retry-after: expected {date}, got `Fri`"),
        ),
        (
            "503,reason=é",
            "reason: expected printable ASCII, got `é`".to_owned(),
        ),
        (
            "503,body=\"a\"b",
            "body: expected a comma or `@` after a quoted string, got `b`".to_owned(),
        ),
        (
            "503,type=html",
            "type: expected a media type such as `text/html`, got `html`".to_owned(),
        ),
        (
            "503,header=X-Name",
            "header: expected a field such as `X-Checksum:1`, got `X-Name`".to_owned(),
        ),
        (
            "503,header=X Name:1",
            "header: expected a field such as `X-Checksum:1`, got `X Name:1`".to_owned(),
        ),
        (
            r#"503,header="X:a\r\nY:b""#,
            "header: expected a value of `x` without line breaks and control characters, got `X:a\\r\\nY:b`".to_owned(),
        ),
        (
            "503,header=Content-Length:1",
            format!("header: the server sets the field `content-length` itself; {length}"),
        ),
        (
            "204,body=x",
            "body: a response with status 204 has no content".to_owned(),
        ),
        (
            "503,body=x,body-file=y",
            "expected `body` or `body-file`, got both".to_owned(),
        ),
        (
            "206,body=\"\"",
            "body: an empty 206 needs `header=Content-Range:VALUE`".to_owned(),
        ),
        ("404,zz", "unexpected parameter `zz`".to_owned()),
        (
            "503,body=sorry, wait",
            "unexpected parameter ` wait`; quote a value that has a comma".to_owned(),
        ),
        (
            "404,heder=X:1",
            "unknown parameter `heder`; did you mean `header`?".to_owned(),
        ),
    ] {
        assert_eq!(error(text), format!("status: {sentence}"), "{text}");
    }
    assert_eq!(error("404,body=\"x@5%"), "expected a closing `\"`");
    assert!("404,reason=a@b@5%".parse::<FaultSpec>().is_ok());
}

#[test]
fn a_file_is_read_relative_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.html"), "<p>").unwrap();
    let mut spec: FaultSpec = "503,body-file=a.html".parse().unwrap();
    spec.read_file(folder.path()).unwrap();
    spec.read_file(Path::new("/nowhere")).unwrap();
    let path = folder.path().join("a.html").display().to_string();
    assert_eq!(spec.to_string(), format!("503,body-file={path}@100%"));
    let mut fate = Fate::default();
    spec.fault.apply(0, &mut fate);
    let ResponseContent::Status(status) = fate.content else {
        panic!("no status")
    };
    assert_eq!(status.body.as_ref().unwrap(), "<p>");
    let content_type = status.content_type.as_ref().unwrap();
    assert_eq!(content_type, "text/html; charset=utf-8");
    assert_eq!(&*spec.label, "503,body-file=a.html");
}

#[test]
fn a_file_that_is_missing_or_too_long_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| {
        let mut spec: FaultSpec = format!("503,body-file={name}").parse().unwrap();
        spec.read_file(folder.path()).unwrap_err().to_string()
    };
    let path = |name| folder.path().join(name).display().to_string();
    let missing = format!("status: body-file: cannot read `{}`: ", path("missing"));
    assert!(read("missing").starts_with(&missing), "{}", read("missing"));
    std::fs::write(path("long"), vec![0; (8 << 20) + 1]).unwrap();
    let long = format!(
        "expected a file of at most 8 MiB, `{}` is longer",
        path("long")
    );
    assert_eq!(read("long"), format!("status: body-file: {long}"));
}
