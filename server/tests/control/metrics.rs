//! `GET /metrics`.

use crate::call::Fixture;
use std::io::Write;
use std::process::{Command, Stdio};

/// A server whose counts are not 0.
fn used() -> Fixture {
    let fixture = Fixture::new(
        "[[listener]]\nname = 'a\"\\b'\nlatency = '1ms'\n[[listener.rule]]\nfirst = 1\nfaults = [503]\n\
         [[listener]]",
    );
    fixture.flag("");
    fixture.flag("");
    fixture
}

#[test]
fn metrics_are_the_counts_of_the_ledgers() {
    let fixture = used();
    let answer = fixture.get("/metrics");
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.field("content-type"), Some(media_type));
    assert!(answer.body.ends_with("\n# EOF\n"), "{}", answer.body);
    let listener = r#"listener="a\"\\b""#;
    let port = fixture.servers[1].addr().port();
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        format!("flagpole_requests_total{{{listener}}} 2"),
        format!("flagpole_requests_total{{listener=\"{port}\"}} 0"),
        format!("flagpole_responses_total{{{listener},status=\"503\"}} 1"),
        format!("flagpole_requests_by_cause_total{{{listener},cause=\"fault 503\"}} 1"),
        format!("flagpole_connections_total{{{listener}}} 2"),
        format!("flagpole_lateness_seconds_count{{{listener}}} 1"),
        format!("flagpole_lateness_seconds_bucket{{le=\"+Inf\",{listener}}} 1"),
        format!("flagpole_build_info{{version=\"{version}\"}} 1"),
    ] {
        assert!(
            answer.body.lines().any(|found| found == line),
            "{line}\n{}",
            answer.body
        );
    }
}

/// `FLAGPOLE_PYTHON` is a Python that has `prometheus_client`.
#[test]
fn the_parser_of_the_python_client_accepts_metrics() {
    let Some(python) = std::env::var_os("FLAGPOLE_PYTHON") else {
        return;
    };
    let program = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
        print(sum(len(family.samples) for family in parse(sys.stdin.read())))";
    let mut parser = Command::new(python);
    let parser = parser
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut parser = parser.spawn().unwrap();
    let body = used().get("/metrics").body;
    parser
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let output = parser.wait_with_output().unwrap();
    let samples = body.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        samples.to_string()
    );
}
