//! The section of processes in the report of a merged load.

use crate::hostile::check;
use crate::load_results::closed;
use flagpole_analysis::html;
use flagpole_analysis::load::{LoadResult, ProcessFigures};
use std::slice;

/// A result of this many processes, of which the second one is starved from second 3 to 6.
fn merged(count: usize) -> LoadResult {
    let mut result = closed();
    let process = |number: usize| {
        let mut process = ProcessFigures::default();
        process.process = format!("host_{number:04}");
        process.shard = Some([number as u64 + 1, count as u64]);
        (process.has_end, process.logged_us) = (true, 10_000_000);
        (process.point_s, process.ended) = (1, vec![1000; 10]);
        process.requests_per_s = 1000.0 + number as f64;
        if number == 1 {
            process.ended[3..6].fill(100);
            process.requests_per_s = 730.0;
        }
        process
    };
    result.processes = (0..count).map(process).collect();
    result
}

fn html_of(result: &LoadResult) -> String {
    html::load_report(slice::from_ref(result))
}

#[test]
fn section_of_processes_names_the_slowest_and_shows_when_it_was_starved() {
    let html = html_of(&merged(4));
    let page = check(&html);
    let conclusion = "4 processes: the slowest, host_0001, made 730/s (73% of the median process), the fastest 1,003/s.";
    assert!(html.contains(conclusion), "{html}");
    let rows = page.rows("processes");
    assert_eq!((rows.len(), rows[1]["shard"]), (4, "2 of 4"));
    let (_, figure) = html.split_once("<figure id=\"processes\"").unwrap();
    let of_class = |class: &str| {
        let start = format!("<path class=\"{class}\" d=\"");
        let (path, _) = figure.split_once(&start)?.1.split_once('"')?;
        Some(path.matches('z').count())
    };
    // One time of one process; a time without a break for each other one, and two for this one.
    assert_eq!(of_class("f5"), Some(1));
    assert_eq!(of_class("band"), Some(5));
    assert!(
        !html.contains("id=\"loops\""),
        "loops do not say whose they are"
    );
}

#[test]
fn run_of_one_process_has_no_section_of_processes() {
    for count in [0, 1] {
        assert!(
            !html_of(&merged(count)).contains("id=\"processes"),
            "{count}"
        );
    }
}

#[test]
fn thousand_processes_stay_a_page_of_at_most_a_megabyte() {
    let mut result = merged(1000);
    for (number, process) in result.processes.iter_mut().enumerate() {
        process.ended = (0..10)
            .map(|at| 100 + 900 * ((at + number as u64) % 2))
            .collect();
    }
    let html = html_of(&result);
    check(&html);
    assert!(html.len() <= 1_000_000, "{}", html.len());
    for more in ["968 more rows", "800 more rows"] {
        assert!(html.contains(more), "{more}");
    }
}

#[test]
fn hostile_names_of_processes_stay_text() {
    for text in [
        "</script><script>alert(1)</script>",
        "</title></style></svg><svg onload=alert(1)>",
        "\u{202e}dlrow\u{2066}\0\u{7}\r\n",
    ] {
        let mut result = merged(4);
        for process in &mut result.processes {
            process.process.insert_str(0, text);
            process.process.push_str(&"x".repeat(5000));
            process.reasons.clone_from(&result.verdict.reasons);
        }
        let html = html_of(&result);
        check(&html);
        assert!(html.len() <= 300_000, "{}", html.len());
    }
}
