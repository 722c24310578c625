//! Takes paths from syntax: `a::b` and `use a::{b, c as d, e::*}`.

use crate::facts::Path;
use syn::ext::IdentExt;
use syn::{Ident, UseTree};

pub(crate) struct Import {
    pub(crate) path: Path,
    /// The name that it binds; nothing for `*` and `_`.
    pub(crate) name: Option<String>,
    pub(crate) is_glob: bool,
}

pub(crate) fn imports(item: &syn::ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    let leading: Path = item
        .leading_colon
        .map(|_| String::new())
        .into_iter()
        .collect();
    flatten(&item.tree, &leading, &mut found);
    found
}

pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

pub(crate) fn segments(path: &syn::Path) -> Path {
    let leading = path.leading_colon.map(|_| String::new());
    let names = path.segments.iter().map(|segment| text(&segment.ident));
    leading.into_iter().chain(names).collect()
}

fn flatten(tree: &UseTree, prefix: &[String], found: &mut Vec<Import>) {
    let with = |name: &Ident| [prefix, &[text(name)]].concat();
    match tree {
        UseTree::Path(path) => flatten(&path.tree, &with(&path.ident), found),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, found);
            }
        }
        UseTree::Name(name) => found.push(import(with(&name.ident), None)),
        UseTree::Rename(name) => found.push(import(with(&name.ident), Some(text(&name.rename)))),
        UseTree::Glob(_) => found.push(Import {
            path: prefix.to_vec(),
            name: None,
            is_glob: true,
        }),
    }
}

/// `use a::{self}` imports `a`.
fn import(mut path: Path, rename: Option<String>) -> Import {
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = rename.or_else(|| path.last().cloned());
    Import {
        name: name.filter(|name| name != "_"),
        path,
        is_glob: false,
    }
}
