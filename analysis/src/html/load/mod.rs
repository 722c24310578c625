//! The report of a load run.

use super::page::page;
use super::verdict::Opening;
use crate::load::{LoadResult, report::LoadAnswer};
use maud::html;

/// The page of this result.
pub(super) fn report(result: &LoadResult) -> String {
    let answer = LoadAnswer::new(result);
    let opening = Opening {
        validity: answer.validity,
        answer: vec![answer.line],
        reasons: answer.doubts,
        unchecked: result.verdict.unchecked.clone(),
        conditions: result.settings.clone(),
        environment: &result.environment,
        repetition: html! {},
    };
    page("Load run", &opening.markup(), &result.environment.flagpole)
}
