//! One meaning per name: no two types of one name in a crate. Test code, benchmarks and examples included.

use crate::workspace::{crates, test_crates};
use std::collections::BTreeMap;

#[test]
fn no_two_types_of_one_name_in_a_crate() {
    let mut found = Vec::new();
    for krate in crates().iter().chain(&test_crates()) {
        let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for module in &krate.modules {
            for name in &module.types {
                files.entry(name).or_default().push(&module.file);
            }
        }
        files.retain(|_, files| files.len() > 1);
        let lines = files
            .iter()
            .map(|(name, files)| format!("{}: {name} in {}", krate.name, files.join(", ")));
        found.extend(lines);
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
