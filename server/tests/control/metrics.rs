//! `GET /metrics`.

use crate::call::Fixture;
use crate::python;

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

#[test]
fn the_parser_of_the_python_client_accepts_metrics() {
    let program = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
        print(sum(len(family.samples) for family in parse(sys.stdin.read())))";
    let body = used().get("/metrics").body;
    let samples = body.lines().filter(|line| !line.starts_with('#')).count();
    if let Some(parsed) = python::run("prometheus_client", program, &body) {
        assert_eq!(parsed.trim(), samples.to_string());
    }
}
