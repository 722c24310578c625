//! The text files of this tree.

use crate::workspace::root;
use std::fs;
use std::path::Path;

/// The text of all files with one of these endings, by path; without what a build leaves behind.
pub(crate) fn texts(endings: &[&str]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    visit(&root(), &mut |path| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        if endings.iter().any(|end| name.ends_with(end)) {
            texts.push((name.to_owned(), fs::read_to_string(path).unwrap()));
        }
    });
    assert!(texts.len() > 50, "found only {} files", texts.len());
    texts
}

fn visit(folder: &Path, file: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            visit(&path, file);
        } else {
            file(&path);
        }
    }
}
