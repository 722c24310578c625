//! Several results of one experiment: how they changed.

use crate::hostile::check;
use crate::load_results::{closed, failing, judged, searched};
use crate::results;
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::html;
use flagpole_analysis::load::LoadResult;
use flagpole_analysis::validity::Validity;

/// The same run three times: the second one INVALID, the third one by a later version.
fn runs() -> Vec<LoadResult> {
    let mut runs = vec![failing(), judged(failing(), Validity::Invalid), failing()];
    for (index, run) in (0..).zip(&mut runs) {
        run.environment.started_unix_s = 1_700_000_000 + 86_400 * index;
    }
    "0.2.0".clone_into(&mut runs[2].environment.flagpole);
    runs[2].figures.requests_per_s *= 2.0;
    runs
}

#[test]
fn trend_of_load_runs_has_the_figures_of_each() {
    let runs = runs();
    let page = check(&html::load_report(&runs));
    let rows = page.rows("trend-rate");
    let ended: Vec<_> = rows
        .iter()
        .map(|row| row["ended (1/s)"].to_owned())
        .collect();
    let expected: Vec<_> = runs
        .iter()
        .map(|run| format!("{:.3}", run.figures.requests_per_s))
        .collect();
    assert_eq!(ended, expected);
    let verdicts: Vec<_> = rows.iter().map(|row| row["verdict"]).collect();
    assert_eq!(verdicts[1], "INVALID");
    let p99: Vec<_> = page
        .rows("trend-latency")
        .iter()
        .map(|row| row["p99 (ms)"].replace(',', ""))
        .collect();
    let expected = runs[0].figures.response_time.p99.unwrap().us as f64 / 1000.0;
    assert_eq!(p99, vec![format!("{expected:.3}"); 3]);
    assert!(
        page.text.contains("flagpole 0.2.0, before flagpole 0.1.0"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("2023-11-14") && page.text.contains("2023-11-16"),
        "{}",
        page.text
    );
    assert!(
        page.has_figure("trend-errors") && page.has_figure("latency"),
        "the newest result follows"
    );
}

#[test]
fn trend_of_searches_has_their_limits() {
    let (first, mut second) = (searched(), searched());
    second.search.as_mut().unwrap().limit = Some(123.0);
    let page = check(&html::load_report(&[first, second]));
    assert_eq!(page.rows("trend-limit")[1]["limit"], "123");
}

#[test]
fn single_result_has_no_trend() {
    let page = check(&html::load_report(&[closed()]));
    assert!(!page.text.contains("Trend"), "{}", page.text);
}

fn comparisons() -> Vec<Comparison> {
    let mut all = vec![results::recorded(); 3];
    for (index, one) in (0..).zip(&mut all) {
        one.environment.started_unix_s = 1_700_000_000 + 86_400 * index;
    }
    all[1].environment.optimised = !all[0].environment.optimised;
    all
}

#[test]
fn trend_of_comparisons_has_walls_ratios_and_efficiencies() {
    let all = comparisons();
    let page = check(&html::comparison_report(&all));
    let cell = &all[2].cells[0];
    let walls = page.rows("trend-wall-1");
    assert_eq!(walls.len(), 3);
    for strategy in &cell.strategies {
        let wall = walls[2][&format!("{} (ms)", strategy.name)[..]].replace(',', "");
        assert_eq!(wall, format!("{:.3}", strategy.wall_us.mean / 1000.0));
    }
    let reference = cell.reference.as_deref().unwrap();
    let other = cell
        .strategies
        .iter()
        .find(|one| one.name != reference)
        .unwrap();
    let ratio = &page.rows("trend-ratio-1")[0];
    assert_eq!(
        ratio[&other.name[..]],
        format!("{:.4}", other.ratio_to(reference).unwrap().ratio)
    );
    assert!(page.text.contains("changed (2 times)"), "{}", page.text);
}

#[test]
fn long_trends_stay_small() {
    let many: Vec<_> = std::iter::repeat_n(failing(), 500).collect();
    let html = html::load_report(&many);
    assert!(html.len() <= 1_000_000, "{}", html.len());
    check(&html);
}
