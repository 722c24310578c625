//! Finds where the item of a path is defined: the first part of the path that is not a module, through any number
//! of re-exports and glob imports.
//!
//! Not seen: methods that are called on a value (`x.f()` uses the file with `impl X { fn f }` without naming it),
//! paths that macros build, variants through `use Enum::*`, macros in textual scope (`#[macro_use]`).

use crate::facts::{Binding, Crate, Kind, Module, ModuleId, Names, Path};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(ModuleId),
    Item {
        module: ModuleId,
        name: String,
    },
    /// In another crate, or unknown; imports are expanded.
    External(Path),
}

impl Crate {
    /// What a path in this module stands for. A name may stand for several things: for a function and a module,
    /// or for what different platforms have. Nothing if a path into this crate leads nowhere.
    pub(crate) fn resolve(&self, from: ModuleId, path: &[String]) -> Vec<Target> {
        let mut search = Search {
            modules: &self.modules,
            followed: Vec::new(),
        };
        search.path(from, path)
    }
}

fn item(module: ModuleId, name: &str) -> Target {
    Target::Item {
        module,
        name: name.to_owned(),
    }
}

/// `followed` are the imports on the way here: none is followed twice, because re-exports can be circular.
struct Search<'a> {
    modules: &'a [Module],
    followed: Vec<(ModuleId, &'a [String])>,
}

impl<'a> Search<'a> {
    fn path(&mut self, from: ModuleId, path: &[String]) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        match first.as_str() {
            "" => vec![Target::External(rest.to_vec())],
            "Self" => Vec::new(),
            "crate" => self.within(0, rest),
            "self" | "super" => self.within(from, path),
            name => {
                let module = &self.modules[from];
                let mut found = self.named(from, path);
                if found.is_empty() {
                    found = self.bound(from, name, &module.local_names, rest);
                }
                if found.is_empty() && !self.is_module(from, first) {
                    found.push(Target::External(path.to_vec()));
                }
                found
            }
        }
    }

    fn is_module(&mut self, from: ModuleId, name: &String) -> bool {
        let found = self.named(from, std::slice::from_ref(name));
        found
            .iter()
            .any(|target| matches!(target, Target::Module(_)))
    }

    /// What a path stands for that begins with a name of this module.
    fn within(&mut self, module: ModuleId, path: &[String]) -> Vec<Target> {
        let Some((name, rest)) = path.split_first() else {
            return vec![Target::Module(module)];
        };
        match (name.as_str(), self.modules[module].parent) {
            ("*", _) => vec![Target::Module(module)],
            ("self", _) => self.within(module, rest),
            ("super", Some(parent)) => self.within(parent, rest),
            _ => {
                let mut found = self.named(module, path);
                if found.is_empty() && self.modules[module].has_macros {
                    found.push(item(module, name));
                }
                found
            }
        }
    }

    /// Like `within`, but without the items that macros define.
    fn named(&mut self, module: ModuleId, path: &[String]) -> Vec<Target> {
        let Some((name, rest)) = path.split_first() else {
            return Vec::new();
        };
        let found = self.bound(module, name, &self.modules[module].names, rest);
        if found.is_empty() {
            self.globbed(module, path)
        } else {
            found
        }
    }

    fn bound(
        &mut self,
        module: ModuleId,
        name: &str,
        names: &'a Names,
        rest: &[String],
    ) -> Vec<Target> {
        let mut found = Vec::new();
        for binding in names.get(name).into_iter().flatten() {
            match binding {
                Binding::Module(child) => found.extend(self.within(*child, rest)),
                Binding::Item(Kind::Value) if !rest.is_empty() => {}
                Binding::Item(_) => found.push(item(module, name)),
                Binding::Import(path) => found.extend(self.follow(module, path, |this| {
                    this.path(module, &[path, rest].concat())
                })),
            }
        }
        found
    }

    /// What a path stands for that begins with a name from a glob import of this module.
    fn globbed(&mut self, module: ModuleId, path: &[String]) -> Vec<Target> {
        let mut found = Vec::new();
        for glob in &self.modules[module].globs {
            found.extend(self.follow(module, glob, |this| {
                let modules = this.path(module, glob).into_iter();
                let names = modules.filter_map(|target| match target {
                    Target::Module(glob) => Some(this.named(glob, path)),
                    _ => None,
                });
                names.flatten().collect()
            }));
        }
        found
    }

    fn follow(
        &mut self,
        module: ModuleId,
        import: &'a [String],
        go_on: impl FnOnce(&mut Self) -> Vec<Target>,
    ) -> Vec<Target> {
        if self.followed.contains(&(module, import)) {
            return Vec::new();
        }
        self.followed.push((module, import));
        let found = go_on(self);
        self.followed.pop();
        found
    }
}
