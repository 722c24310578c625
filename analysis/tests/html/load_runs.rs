//! The figures of a load run on its page are those of the result.

use crate::hostile::check;
use crate::load_results::{
    closed, day, failing, judged, searched, short, with_iterations, without_ends,
};
use crate::page::Page;
use flagpole_analysis::html;
use flagpole_analysis::load::{LoadPercentile, LoadResult};
use flagpole_analysis::validity::Validity;
use std::slice;

fn html_of(result: &LoadResult) -> String {
    html::load_report(slice::from_ref(result))
}

fn page(result: &LoadResult) -> Page {
    check(&html_of(result))
}

fn millis(us: u64) -> String {
    format!("{}.{:03}", us / 1000, us % 1000)
}

fn percentile(one: Option<LoadPercentile>) -> String {
    match one {
        Some(one) if one.is_lower_bound => format!("≥ {}", millis(one.us)),
        Some(one) => millis(one.us),
        None => "–".to_owned(),
    }
}

/// Cells of a table without the groups of their digits.
fn column(page: &Page, figure: &str, header: &str) -> Vec<String> {
    let rows = page.rows(figure);
    rows.iter()
        .map(|row| row[header].replace(',', ""))
        .collect()
}

#[test]
fn seconds_are_those_of_the_result() {
    let result = failing();
    let page = page(&result);
    let texts = |value: &dyn Fn(&flagpole_analysis::load::LoadSecond) -> String| -> Vec<String> {
        result.seconds.iter().map(value).collect()
    };
    let or_dash = |us: Option<u64>| us.map_or("–".to_owned(), millis);
    assert_eq!(
        column(&page, "rate", "asked"),
        texts(&|second| second.due.unwrap().to_string())
    );
    assert_eq!(
        column(&page, "rate", "ended"),
        texts(&|second| second.ended.to_string())
    );
    assert_eq!(
        column(&page, "rate", "succeeded"),
        texts(&|second| second.succeeded.to_string())
    );
    assert_eq!(
        column(&page, "latency", "p50 (ms)"),
        texts(&|second| or_dash(second.p50_us))
    );
    assert_eq!(
        column(&page, "latency", "p99 (ms)"),
        texts(&|second| or_dash(second.p99_us))
    );
    assert_eq!(
        column(&page, "latency", "max (ms)"),
        texts(&|second| or_dash(second.max_us))
    );
    let failed = |label: &'static str| {
        texts(&|second| second.failed.get(label).copied().unwrap_or(0).to_string())
    };
    assert_eq!(column(&page, "outcomes", "http_503"), failed("http_503"));
    assert_eq!(
        column(&page, "outcomes", "connection_reset"),
        failed("connection_reset")
    );
    assert_eq!(
        column(&page, "in-flight", "in flight"),
        texts(&|second| second.in_flight.to_string())
    );
    assert_eq!(
        column(&page, "in-flight", "waiting in the client"),
        texts(&|second| second.queued.to_string())
    );
}

#[test]
fn percentiles_and_distribution_are_those_of_the_result() {
    let result = failing();
    let page = page(&result);
    let texts = |percentiles: [(&str, Option<LoadPercentile>); 7]| {
        percentiles.map(|(_, one)| percentile(one))
    };
    let figures = &result.figures;
    assert_eq!(
        column(&page, "percentiles", "response (ms)"),
        texts(figures.response_time.percentiles())
    );
    assert_eq!(
        column(&page, "percentiles", "service (ms)"),
        texts(figures.service_time.percentiles())
    );
    assert_eq!(
        column(&page, "percentiles", "lateness (ms)"),
        texts(figures.lateness.percentiles())
    );
    let counts: Vec<_> = result
        .histogram
        .iter()
        .map(|bucket| bucket.count.to_string())
        .collect();
    assert_eq!(column(&page, "histogram", "requests"), counts);
    let means = figures
        .parts
        .named()
        .map(|(_, part)| format!("{:.3}", part.mean_us / 1000.0));
    assert_eq!(column(&page, "parts", "mean (ms)"), means);
}

#[test]
fn loops_and_iterations_are_those_of_the_result() {
    let result = with_iterations(closed());
    let page = page(&result);
    let ran: Vec<_> = result.loops.iter().map(|one| millis(one.cpu_us)).collect();
    assert_eq!(column(&page, "loops", "ran (ms)"), ran);
    assert_eq!(column(&page, "iterations", "request failed"), ["20"]);
    assert_eq!(column(&page, "iterations", "value missing"), ["40"]);
    assert!(
        page.text
            .contains("Of 2,000 iterations, 1,900 completed (95%), 60 failed"),
        "{}",
        page.text
    );
}

#[test]
fn loads_of_a_search_are_those_of_the_result() {
    let result = searched();
    let page = page(&result);
    let mut points = result.search.as_ref().unwrap().curve.clone();
    points.sort_by(|one, other| one.asked.total_cmp(&other.asked));
    let statuses: Vec<_> = points
        .iter()
        .map(|point| point.status.to_string())
        .collect();
    assert_eq!(column(&page, "search", "condition"), statuses);
    let p99: Vec<_> = points.iter().map(|point| percentile(point.p99)).collect();
    assert_eq!(column(&page, "search", "p99 (ms)"), p99);
    assert!(
        page.text.contains("is the highest rate that meets"),
        "{}",
        page.text
    );
}

/// A kind of result.
type NamedRun = (&'static str, fn() -> LoadResult);

#[test]
fn every_kind_of_result_has_a_page() {
    let kinds: Vec<NamedRun> = vec![
        ("closed", closed),
        ("failing", failing),
        ("no request ended", || without_ends(20.0)),
        ("no request", || without_ends(0.0)),
        ("one second", short),
        ("search", searched),
        ("iterations", || with_iterations(failing())),
    ];
    for (name, result) in kinds {
        let result = result();
        let page = page(&result);
        let (figures, tables) = (page.count("figure"), page.count("table"));
        assert!(figures > 0 && tables >= figures, "{name}");
        assert_eq!(
            (page.count("desc"), page.count("title")),
            (figures, figures + 1),
            "{name}"
        );
        assert!(
            page.text
                .contains(&format!("Verdict: {}", result.verdict.validity)),
            "{name}"
        );
        assert_eq!(html_of(&result), html_of(&result.clone()), "{name}");
    }
}

#[test]
fn unfinished_requests_make_lower_bounds() {
    let page = page(&without_ends(2000.0));
    assert!(column(&page, "percentiles", "response (ms)")[0].starts_with("≥ "));
    assert!(page.text.contains("p50 at least "), "{}", page.text);
}

#[test]
fn invalid_figures_say_so_in_every_chart() {
    let page = page(&judged(without_ends(2000.0), Validity::Invalid));
    let figures = page
        .elements
        .iter()
        .filter(|element| element.name == "figure");
    assert!(figures.clone().count() > 3);
    assert!(
        figures
            .clone()
            .all(|figure| figure.attributes["class"].contains("invalid"))
    );
    assert_eq!(
        page.text
            .matches("INVALID: these figures must not be used")
            .count(),
        1 + figures.count()
    );
    assert!(page.text.contains("There is no answer: "), "{}", page.text);
}

#[test]
fn doubtful_figures_have_an_answer_and_reasons() {
    let page = page(&judged(without_ends(20.0), Validity::Suspect));
    assert!(
        page.text.contains("SUSPECT: none of the 20 requests ended"),
        "{}",
        page.text
    );
    assert!(
        !page.text.contains("There is no answer") && !page.text.contains("INVALID"),
        "{}",
        page.text
    );
}

#[test]
fn page_of_a_day_is_folded_and_small() {
    let result = day();
    let html = html_of(&result);
    let page = check(&html);
    assert!(html.len() <= 1_000_000, "{}", html.len());
    assert!(
        page.text.contains("300 seconds are folded into each point"),
        "{}",
        page.text
    );
    let ended = column(&page, "rate", "ended");
    assert_eq!(ended.len(), 288);
    let total: u64 = ended
        .iter()
        .map(|count| count.parse::<u64>().unwrap())
        .sum();
    assert_eq!(
        total,
        result
            .seconds
            .iter()
            .map(|second| second.ended)
            .sum::<u64>()
    );
    assert_eq!(
        column(&page, "outcomes", "25 other outcomes")[0],
        (25 * 3 * 300).to_string()
    );
    assert_eq!(column(&page, "latency", "max (ms)")[0], millis(1_000_299));
}

/// What has meaning in HTML, in SVG and for the direction of text.
const HOSTILE: [&str; 5] = [
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>&amp;",
    "</title></style></svg><svg onload=alert(1)>",
    "\u{202e}dlrow\u{2066}\0\u{7}\r\n",
    "END\n$(reboot) url(http://example.com/) `",
];

fn result_with(text: &str) -> LoadResult {
    let mut result = with_iterations(failing());
    let text = || text.to_owned();
    result.search = searched().search;
    result.targets = vec![text(); 7];
    result.settings = vec![(text(), text())];
    result.notes = vec![text()];
    result.verdict.unchecked = vec![text()];
    result.verdict.reasons[0].message = text();
    result.stop = flagpole_analysis::load::StopReason::Aborted { message: text() };
    for outcome in &mut result.figures.outcomes {
        (outcome.outcome, outcome.reason) = (text(), text());
    }
    for second in &mut result.seconds {
        second.failed = [(text(), 3)].into();
    }
    for condition in &mut result.conditions {
        (condition.condition, condition.message) = (text(), text());
    }
    let search = result.search.as_mut().unwrap();
    (search.condition, search.client_limit) = (text(), Some(text()));
    search.curve[0].message = text();
    let step = &mut result.iterations.as_mut().unwrap().steps[0];
    (step.name, step.first_reason) = (text(), Some(text()));
    result.repeat =
        serde_json::from_value(serde_json::json!({ "command": text(), "file": text() })).unwrap();
    let environment = &mut result.environment;
    (
        environment.flagpole,
        environment.system,
        environment.processor,
    ) = (text(), text(), text());
    result
}

#[test]
fn hostile_text_stays_text() {
    for text in HOSTILE {
        let result = result_with(text);
        let page = page(&result);
        let is_shown = |letters: &str| page.text.contains(letters);
        assert!(
            is_shown("alert(1)") || is_shown("dlrow") || is_shown("$(reboot)"),
            "{text}"
        );
        let mut earlier = result.clone();
        earlier.environment.processor = format!("another {text}");
        check(&html::load_report(&[earlier, result]));
    }
}

#[test]
fn requests_that_remain_at_the_end_of_a_closed_run_are_not_drawn() {
    let drawing = |run: &LoadResult| {
        let html = html_of(run);
        let figure = html.split("<figure id=\"in-flight\"").nth(1).unwrap();
        let drawing = figure.split("<g class=\"drawing\">").nth(1).unwrap();
        drawing.split("</svg>").next().unwrap().to_owned()
    };
    let run = closed();
    let mut drained = run.clone();
    drained.seconds.last_mut().unwrap().in_flight = 1;
    assert_eq!(drawing(&run), drawing(&drained));
    drained.seconds[1].in_flight = 1;
    assert_ne!(drawing(&run), drawing(&drained));
}
