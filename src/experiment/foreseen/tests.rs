//! Samples and lower bounds that can be foreseen.

use super::*;
use crate::experiment::spec::experiment::Experiment;

/// What can be foreseen of the first strategy of an experiment.
fn foresee<T>(text: &str, look: impl Fn(&ForeseenRuns<'_>, &StrategyVariant) -> T) -> T {
    let experiment = Experiment::parse(text, "x.toml").unwrap();
    let variants = experiment.strategy_variants().unwrap();
    let (cells, workload) = (experiment.cells(&variants, None), experiment.workload());
    let runs = ForeseenRuns::new(&cells[0], &workload).unwrap();
    look(&runs, &variants[0])
}

fn samples(kind: SampleKind, text: &str) -> usize {
    let text = format!("flags = 20\nrounds = 10\ntimes = 2\n{text}");
    let size = foresee(&text, |runs, variant| {
        runs.sample_size(variant, kind).unwrap()
    });
    size.independent
}

#[test]
fn equal_delays_are_independent_in_every_round() {
    for text in [
        "[server]\nlatency = '50ms'",
        "[server]\nlatency = '50ms'\nfaults = ['404@50%']",
        "[policy]\ntimeout = '2ms'\n[server]\nlatency = '50%:1ms|50%:5s'",
        "url = 'http://127.0.0.1:9'",
    ] {
        assert_eq!(samples(SampleKind::Downloads, text), 400, "{text}");
    }
}

#[test]
fn delays_that_differ_are_independent_in_one_round() {
    for text in [
        "[server]\nlatency = 'uniform:10ms..20ms'",
        "[[server.rule]]\npath = '/flags/br/*'\nlatency = '1ms'",
        "[server]\nfaults = ['slow-head:1s@50%']\nlatency = '50%:1ms|50%:5ms'",
    ] {
        assert_eq!(samples(SampleKind::Downloads, text), 40, "{text}");
    }
}

#[test]
fn rejections_and_hedges_choose_other_requests_in_each_round() {
    let server = "[server]\nlatency = 'uniform:10ms..20ms'\n";
    for text in [
        format!("[policy]\nhedge = '15ms'\n{server}"),
        format!("[policy]\nretries = 1\n{server}concurrency_limit = 2"),
        format!("{server}[[server.rule]]\nfrom = '1s'\nlatency = '5ms'"),
    ] {
        assert_eq!(samples(SampleKind::Downloads, &text), 400, "{text}");
    }
}

#[test]
fn metadata_after_a_flag_belongs_to_its_download() {
    let text = "files = 'metadata'\n[server]";
    assert_eq!(samples(SampleKind::Downloads, text), 400);
    assert_eq!(samples(SampleKind::Attempts, text), 800);
    assert_eq!(
        samples(SampleKind::Downloads, "files = 'both'\n[server]"),
        800
    );
}

#[test]
fn responses_that_nothing_delays_have_no_bound() {
    let no_bound = |text: &str| foresee(text, |runs, variant| runs.no_bound(variant).unwrap());
    let async_only = "[grid]\nstrategies = ['async']\n";
    for (text, expected) in [
        ("[server]", Some(NoBound::NotDelayed)),
        ("[server]\nfaults = ['500@50%']", Some(NoBound::NotDelayed)),
        (
            "[policy]\nretries = 1\n[server]\nfaults = ['500@50%']",
            None,
        ),
        ("[server]\nlatency = '1ms'", None),
        ("[server]\nfaults = ['hang:100%,for=1s@50%']", None),
        ("[server]\nrate_limit = '5/s'", None),
        ("[[server.rule]]\nfrom = '1s'", None),
        ("url = 'http://127.0.0.1:9'", None),
        ("[policy]\nhedge = '5ms'\n[server]\nlatency = '1ms'", None),
    ] {
        assert_eq!(no_bound(text), expected, "{text}");
    }
    let hedged = format!("{async_only}[policy]\nhedge = '5ms'\n[server]\nlatency = '1ms'");
    assert_eq!(no_bound(&hedged), Some(NoBound::Hedged));
}

fn objection(fail_if: &str, text: &str) -> String {
    let text = format!("fail_if = ['{fail_if}']\n{text}");
    let experiment = Experiment::parse(&text, "x.toml").unwrap();
    let objections = thresholds::objections(&experiment).unwrap();
    let objections: Vec<_> = objections.iter().map(ToString::to_string).collect();
    objections.join("\n")
}

#[test]
fn percentile_that_the_sample_cannot_support_is_rejected_before_the_run() {
    let constant = "rounds = 14\n[server]\nlatency = '9ms'";
    let varying = "[server]\nlatency = '1ms..9ms'";
    for (fail_if, text, expected) in [
        (
            "async.p99 > 80ms",
            constant,
            "--fail-if: `async.p99 > 80ms`: needs 299 downloads, got 280 in 14 rounds; raise --rounds, --flags or --times",
        ),
        ("async.p95 > 80ms", constant, ""),
        ("async.p99 > 80ms", &constant.replace("14", "15"), ""),
        ("async.max > 80ms", varying, ""),
        (
            "async.failed.p99 > 80ms",
            "[server]\nfaults = ['404@50%']",
            "",
        ),
        (
            "async.failed.p99 > 80ms",
            "[policy]\ntimeout = '9s'\n[server]",
            "",
        ),
        (
            "async.failed.p99 > 80ms",
            varying,
            "--fail-if: `async.failed.p99 > 80ms`: no planned fault, limit or timeout makes a request fail; add --fault",
        ),
        (
            "threads/async.service.p95 > 2",
            varying,
            "--fail-if: `threads/async.service.p95 > 2`: needs 59 independent requests, got 20; raise --flags or \
             --times (the delays differ, and every round has the same)",
        ),
        (
            "async.p99 > 80ms",
            "rounds = 2\nurls = ['/a', '/b']\nurl = 'http://127.0.0.1:9'",
            "--fail-if: `async.p99 > 80ms`: needs 299 downloads, got 4 in 2 rounds; raise --rounds or --times",
        ),
        (
            "async.p50 > 80ms",
            "flags = 3\n[grid]\nlatency = ['2ms', 'uniform:1ms..2ms']",
            "--fail-if: `async.p50 > 80ms` at latency uniform:1ms..2ms: needs 5 independent downloads, got 3; raise \
             --flags or --times (the delays differ, and every round has the same)",
        ),
    ] {
        assert_eq!(objection(fail_if, text), expected, "{text}");
    }
}

#[test]
fn efficiency_without_a_lower_bound_is_rejected_before_the_run() {
    let expected = "--fail-if: `async.efficiency < 0.5`: without delays there is no lower bound; raise --latency";
    assert_eq!(objection("async.efficiency < 0.5", "[server]"), expected);
    assert_eq!(
        objection("async.efficiency < 0.5", "[server]\nlatency = '1ms'"),
        ""
    );
    assert_eq!(objection("async.wall > 1s", "[server]"), "");
}
