//! What a person may write, and what comes of it.

use super::*;
use proptest::prelude::*;

fn threshold(text: &str) -> Threshold {
    text.parse().unwrap()
}

/// The figures of two strategies.
fn figures(name: &str, metric: Metric) -> Option<f64> {
    Some(match (name, metric) {
        ("async", Metric::Wall) => 0.5,
        ("threads", Metric::Wall) => 0.75,
        ("async", Metric::P99) => 0.08,
        ("async", Metric::Efficiency) => 0.874,
        ("async", Metric::Errors) => 0.0,
        ("async", Metric::Goodput) => 1234.5,
        ("async", Metric::Memory) => 64.5 * 1_048_576.0,
        _ => return None,
    })
}

/// What is said of a threshold that is crossed; nothing of one that is not.
fn said(text: &str) -> String {
    let crossed = threshold(text).judge(figures).unwrap();
    crossed.map_or(String::new(), |crossed| crossed.to_string())
}

#[test]
fn a_threshold_is_crossed_when_it_holds() {
    for (text, told) in [
        (
            "async.efficiency < 0.9",
            "async.efficiency < 0.9: it is 0.874",
        ),
        (
            "async.efficiency<90%",
            "async.efficiency < 90%: it is 87.4%",
        ),
        ("async.p99 > 80ms", ""),
        ("async.p99 >= 80ms", "async.p99 >= 80ms: it is 80ms"),
        (
            "async.p99 <= 80000us",
            "async.p99 <= 80000us: it is 80000us",
        ),
        ("async.p99 < 0.08s", ""),
        ("async.errors > 0", ""),
        ("async.errors <= 0", "async.errors <= 0: it is 0"),
        (
            "async.goodput < 2000/s",
            "async.goodput < 2000/s: it is 1234/s",
        ),
        (
            "async.memory > 64 MiB",
            "async.memory > 64MiB: it is 64.5MiB",
        ),
        (
            "threads/async.wall > 1.2",
            "threads/async.wall > 1.2: it is 1.5",
        ),
        ("threads / async.wall > 150%", ""),
    ] {
        assert_eq!(said(text), told, "{text}");
    }
}

#[test]
fn what_is_not_known_is_an_error_and_not_a_pass() {
    for (text, name) in [
        ("threads.efficiency < 0.9", "threads"),
        ("async/threads.p99 > 1", "threads"),
        ("async/async.errors > 1", "async"),
    ] {
        let error = threshold(text).judge(figures).unwrap_err();
        assert_eq!(error.name, name);
    }
    let error = threshold("threads.p99 > 1s")
        .judge(figures)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "`threads.p99 > 1s` can not be judged: there is no p99 of threads"
    );
    let nonsense = threshold("async.p99 > 1s").judge(|_, _| Some(f64::NAN));
    assert!(nonsense.is_err());
}

#[test]
fn an_error_says_what_was_expected() {
    let error = |text: &str| text.parse::<Threshold>().unwrap_err().to_string();
    let form = "expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got";
    for text in [
        "",
        "async",
        "async.p99",
        "async.p99 = 80ms",
        "p99 > 80ms",
        ".p99 > 1s",
        "a/.wall > 1",
        "/a.wall > 1",
    ] {
        assert_eq!(error(text), format!("{form} `{text}`"));
    }
    assert_eq!(
        error("async.p95 > 80ms"),
        "unknown metric `p95`; known: wall, efficiency, p50, p90, p99, errors, goodput, cpu, memory"
    );
    for number in [
        "80",
        "ms",
        "-80ms",
        "80 minutes",
        "8.0.0ms",
        "",
        "infs",
        "1e3ms",
    ] {
        assert_eq!(
            error(&format!("async.p99 > {number}")),
            format!("expected a time such as `80ms`, in us, ms or s, got `{number}`")
        );
    }
    assert!(error("threads/async.wall > 2s").starts_with("expected a number such as `0.9`"));
    assert!(error("async.errors > 1%").starts_with("expected a number such as `0`"));
    assert!(error("async.memory > 64MB").ends_with("in B, KiB, MiB or GiB, got `64MB`"));
}

#[test]
fn a_name_that_nobody_has_is_refused() {
    let known = ["async", "threads"];
    assert_eq!(
        threshold("threads/async.wall > 2").refers_to(&known),
        Ok(())
    );
    for text in ["asink.wall > 2s", "threads/asink.wall > 2"] {
        let error = threshold(text).refers_to(&known).unwrap_err().to_string();
        assert_eq!(error, "unknown strategy `asink`; known: async, threads");
    }
}

#[test]
fn a_file_holds_it_as_it_is_written() {
    let text = "\"per-core.cpu >= 1.5s\"";
    let read: Threshold = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    let error = serde_json::from_str::<Threshold>("\"async.x > 1\"").unwrap_err();
    assert!(error.to_string().contains("unknown metric `x`"));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        name in "[a-z][a-z.-]{0,8}[a-z]",
        over in prop::option::of("[a-z][a-z.-]{0,8}[a-z]"),
        metric in prop::sample::select(Metric::ALL.to_vec()),
        sign in prop::sample::select(vec!["<", "<=", ">", ">="]),
        number in prop_oneof![0.0f64..10.0, 0.0f64..1e12, Just(0.0), Just(80.0)],
        unit in prop::sample::select(vec!["", "%", "us", "µs", "ms", "s", "/s", "B", "KiB", "MiB", "GiB"]),
    ) {
        let subject = over.as_ref().map_or(name.clone(), |over| format!("{name}/{over}"));
        let text = format!("{subject}.{metric} {sign} {number}{unit}");
        let is_of_the_metric = match (metric, over.is_some()) {
            (Metric::Efficiency, _) | (_, true) => ["", "%"].contains(&unit),
            (Metric::Errors, _) => unit.is_empty(),
            (Metric::Goodput, _) => ["", "/s"].contains(&unit),
            (Metric::Memory, _) => unit.ends_with('B'),
            _ => unit.ends_with('s') && unit != "/s",
        };
        match text.parse::<Threshold>() {
            Ok(threshold) => {
                prop_assert_eq!(threshold.to_string(), text.as_str());
                prop_assert_eq!(text.parse::<Threshold>().unwrap(), threshold);
                prop_assert!(is_of_the_metric, "{}", text);
            }
            Err(error) => prop_assert!(!is_of_the_metric, "{}", error),
        }
    }

    #[test]
    fn no_text_is_a_reason_to_fail(text in "[a-z/.<>=0-9 %µ-]{0,24}") {
        let _ = text.parse::<Threshold>();
    }
}
