//! The files that git tracks.

use crate::workspace::root;
use std::fs;
use std::process::Command;

/// The text of all tracked files with one of these endings, by path. Nothing outside a clone.
pub(crate) fn texts(endings: &[&str]) -> Option<Vec<(String, String)>> {
    let mut git = Command::new("git");
    let output = git
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let list = String::from_utf8(output.stdout).unwrap();
    let paths = list
        .split_terminator('\0')
        .filter(|path| endings.iter().any(|end| path.ends_with(end)));
    // A file may have been deleted or moved since the index was written.
    let texts = paths
        .filter_map(|path| Some((path.to_owned(), fs::read_to_string(root().join(path)).ok()?)));
    let texts: Vec<_> = texts.collect();
    assert!(texts.len() > 50, "git lists only {} files", texts.len());
    Some(texts)
}
