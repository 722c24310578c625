//! HTML reports: `flagpole report` of earlier results, and `--html` of `compare` and `load`.

mod files;
#[cfg(unix)]
mod interrupted;
mod refusals;
#[cfg(unix)]
mod repetition;

use crate::harness::Sandbox;
use std::fs;

/// The page in this file, which must be a whole one.
fn page(sandbox: &Sandbox, file: &str) -> String {
    let page = fs::read_to_string(sandbox.path(file)).unwrap();
    assert!(is_whole(&page), "{page}");
    page
}

fn is_whole(page: &str) -> bool {
    page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>")
}
