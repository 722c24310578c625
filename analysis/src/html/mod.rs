//! Reports as HTML: one page that contains all it needs. It has no script, asks for nothing from elsewhere, and is the same to
//! the byte for the same results.
//!
//! `page` is the shell, `verdict` the first section of every report, `figure` a chart with all that belongs to it,
//! `table` the figures of a chart, and `chart` what charts are drawn with. `compare` and `load` have one chart a file.

pub(crate) mod chart;
mod compare;
pub(crate) mod figure;
mod here_document;
mod load;
pub(crate) mod page;
mod prose;
pub(crate) mod table;
mod trend;
pub(crate) mod verdict;

use crate::comparison::Comparison;
use crate::load::LoadResult;

/// The style of every report: exactly the content of its only `<style>` element, so that a content security policy can allow
/// it by its hash.
pub const STYLE: &str = page::STYLE;

/// The report of a comparison as HTML. Of several results of one experiment, the newest last, it shows how they changed, and
/// then the newest in full.
pub fn comparison_report(results: &[Comparison]) -> String {
    match results.last() {
        Some(newest) => compare::report(newest, results),
        None => page::empty(),
    }
}

/// The report of a load run as HTML. Of several results of one load, the newest last, it shows how they changed, and then the
/// newest in full.
pub fn load_report(results: &[LoadResult]) -> String {
    match results.last() {
        Some(newest) => load::report(newest, results),
        None => page::empty(),
    }
}
