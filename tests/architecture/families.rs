//! The open families: a trait, one member a file, one list.

use crate::facts::{Binding, Crate, Kind, ModuleId, Usage};
use crate::resolve::Target;
use crate::workspace::crates;
use std::collections::BTreeSet;

/// The traits of the families. A member is a module beside the trait that implements it, with its child modules.
const TRAITS: [&str; 5] = ["Distribution", "Fault", "Strategy", "Report", "LoadReport"];

struct Family {
    krate: &'static Crate,
    /// The folder of the file that defines the trait.
    folder: String,
    members: Vec<ModuleId>,
}

impl Family {
    fn find(name: &str) -> Family {
        let found: Vec<_> = crates()
            .iter()
            .flat_map(|krate| defining(krate, name))
            .collect();
        let [(krate, module)] = found[..] else {
            panic!("`trait {name}` is defined in {} modules", found.len());
        };
        let (folder, _) = krate.modules[module].file.rsplit_once('/').unwrap();
        let target = Target::Item {
            module,
            name: name.to_owned(),
        };
        let is_member = |id: &ModuleId| {
            let candidate = &krate.modules[*id];
            let implements = |path| krate.resolve(*id, path).contains(&target);
            candidate.file.starts_with(&format!("{folder}/"))
                && candidate.file != format!("{folder}/mod.rs")
                && candidate.file != krate.modules[module].file
                && candidate.implemented.iter().any(|path| implements(path))
        };
        let members: Vec<_> = (0..krate.modules.len()).filter(is_member).collect();
        assert!(members.len() > 1, "no members of `{name}` in {folder}");
        Family {
            krate,
            folder: folder.to_owned(),
            members,
        }
    }

    /// The member that a module belongs to.
    fn member(&self, mut module: ModuleId) -> Option<ModuleId> {
        while !self.members.contains(&module) {
            module = self.krate.modules[module].parent?;
        }
        Some(module)
    }

    fn file(&self, module: ModuleId) -> &str {
        &self.krate.modules[module].file
    }
}

/// The modules that define a trait of this name.
fn defining<'a>(krate: &'a Crate, name: &str) -> Vec<(&'a Crate, ModuleId)> {
    let defines = |id: &ModuleId| {
        let names = &krate.modules[*id].names;
        let is_trait = |binding: &Binding| matches!(binding, Binding::Item(Kind::Trait));
        names
            .get(name)
            .is_some_and(|found| found.iter().any(is_trait))
    };
    (0..krate.modules.len())
        .filter(defines)
        .map(|id| (krate, id))
        .collect()
}

#[test]
fn family_members_do_not_import_each_other() {
    for family in TRAITS.map(Family::find) {
        for (from, usage) in family.krate.usages() {
            for target in family.krate.resolve(from, &usage.path) {
                let (Target::Item { module, .. } | Target::Module(module)) = target else {
                    continue;
                };
                let (Some(member), Some(other)) = (family.member(from), family.member(module))
                else {
                    continue;
                };
                let path = usage.path.join("::");
                assert!(member == other, "{} imports {path}", family.file(from));
            }
        }
    }
}

#[test]
fn every_member_is_named_in_the_list_of_its_family() {
    for family in TRAITS.map(Family::find) {
        let mut listed = BTreeSet::new();
        let is_shared =
            |id| family.member(id).is_none() && family.file(id).starts_with(&family.folder);
        let in_lists = |(id, usage): &(ModuleId, &Usage)| usage.in_constant && is_shared(*id);
        for (from, usage) in family.krate.usages().filter(in_lists) {
            for target in family.krate.resolve(from, &usage.path) {
                if let Target::Item { module, .. } = target {
                    listed.insert(module);
                }
            }
        }
        for member in &family.members {
            assert!(
                listed.contains(member),
                "{} is in no list",
                family.file(*member)
            );
        }
    }
}
