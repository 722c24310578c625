//! Arrows between the files of a crate.
//!
//! A file has an arrow to the file that defines an item that it uses. `mod x;`, `pub use x::Y;` and a path that ends
//! at a module are not arrows.

use crate::facts::{Crate, ModuleId, Path, Usage};
use crate::resolve::Target;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use std::collections::{BTreeMap, BTreeSet};

/// (from, to) -> the names that `from` uses and `to` defines.
pub(crate) type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

impl Crate {
    /// All usages with the module in which they are.
    pub(crate) fn usages(&self) -> impl Iterator<Item = (ModuleId, &Usage)> {
        let modules = self.modules.iter().enumerate();
        modules.flat_map(|(id, module)| module.usages.iter().map(move |usage| (id, usage)))
    }

    /// The arrows for those usages that count.
    pub(crate) fn arrows(&self, counts: impl Fn(&Usage) -> bool) -> Arrows {
        let mut arrows = Arrows::new();
        let counts = |usage: &Usage| !usage.is_reexport && counts(usage);
        for (from, usage) in self.usages().filter(|(_, usage)| counts(usage)) {
            for target in self.resolve(from, &usage.path) {
                let Target::Item { module, name } = target else {
                    continue;
                };
                let [from, to] = [from, module].map(|id| self.modules[id].file.clone());
                if from != to {
                    arrows.entry((from, to)).or_default().insert(name);
                }
            }
        }
        arrows
    }

    /// The paths into other crates, with the files that use them.
    pub(crate) fn external(&self, counts: impl Fn(&Usage) -> bool) -> BTreeSet<(String, Path)> {
        let mut found = BTreeSet::new();
        for (from, usage) in self.usages().filter(|(_, usage)| counts(usage)) {
            for target in self.resolve(from, &usage.path) {
                if let Target::External(path) = target {
                    found.insert((self.modules[from].file.clone(), path));
                }
            }
        }
        found
    }
}

/// Moves each arrow up to the two entries of the closest common folder, files or folders. A folder and the file of its
/// name are one entry.
pub(crate) fn between_folders(arrows: &Arrows) -> Arrows {
    let mut contracted = Arrows::new();
    for ((from, to), names) in arrows {
        let [a, b] = [from, to].map(|file| file.trim_end_matches(".rs").split('/'));
        let shared = a.clone().zip(b.clone()).take_while(|(a, b)| a == b).count();
        let [a, b] = [a, b].map(|parts| parts.take(shared + 1).collect::<Vec<_>>().join("/"));
        if a != b {
            contracted.entry((a, b)).or_default().extend(names.clone());
        }
    }
    contracted
}

/// The strongly connected components of more than one file: the arrows inside each.
pub(crate) fn cycles(arrows: &Arrows) -> Vec<Arrows> {
    let edges = arrows.keys().map(|(from, to)| (from.as_str(), to.as_str()));
    let graph: DiGraphMap<&str, ()> = edges.collect();
    let components = tarjan_scc(&graph)
        .into_iter()
        .filter(|files| files.len() > 1);
    components
        .map(|files| {
            let is_inside = |file: &String| files.contains(&file.as_str());
            let inside = arrows
                .iter()
                .filter(|((from, to), _)| is_inside(from) && is_inside(to));
            inside
                .map(|(arrow, names)| (arrow.clone(), names.clone()))
                .collect()
        })
        .collect()
}

/// A line for each arrow: `from -> to: names`.
pub(crate) fn describe(arrows: &Arrows) -> String {
    let lines = arrows.iter().map(|((from, to), names)| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        format!("  {from} -> {to}: {}\n", names.join(", "))
    });
    lines.collect()
}
