//! Follows the `mod` declarations of a crate from its root file.

use crate::attributes::is_test;
use crate::collect::collect;
use crate::facts::{Binding, Module, ModuleId};
use crate::paths::text;
use std::path::{Path, PathBuf};
use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// The modules of the crate with this root file; `read` gives the text of a file, if the file exists.
pub(crate) fn modules(root: &str, read: &dyn Fn(&Path) -> Option<String>) -> Vec<Module> {
    let mut walk = Walk {
        read,
        modules: Vec::new(),
    };
    let root = PathBuf::from(root);
    let folder = root.parent().unwrap().to_owned();
    walk.file(&root, &folder, None, false);
    walk.modules
}

struct Walk<'a> {
    read: &'a dyn Fn(&Path) -> Option<String>,
    modules: Vec<Module>,
}

impl Walk<'_> {
    /// `folder` is where the files of child modules are.
    fn file(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<ModuleId>,
        is_test: bool,
    ) -> ModuleId {
        let text = (self.read)(file).unwrap_or_else(|| panic!("no file {}", file.display()));
        let syntax =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(&syntax.items, file, folder, parent, is_test)
    }

    fn module(
        &mut self,
        items: &[Item],
        file: &Path,
        folder: &Path,
        parent: Option<ModuleId>,
        is_test: bool,
    ) -> ModuleId {
        let mut module = Module {
            file: file.to_str().unwrap().replace('\\', "/"),
            parent,
            is_test,
            ..Module::default()
        };
        collect(items, &mut module);
        let id = self.modules.len();
        self.modules.push(module);
        for item in items {
            if let Item::Mod(item) = item {
                self.child(item, file, folder, id);
            }
        }
        id
    }

    fn child(&mut self, item: &ItemMod, file: &Path, folder: &Path, parent: ModuleId) {
        let name = text(&item.ident);
        let is_test = self.modules[parent].is_test || is_test(&item.attrs);
        let child = if let Some((_, items)) = &item.content {
            self.module(items, file, &folder.join(&name), Some(parent), is_test)
        } else {
            let (file, folder) = self.locate(item, &name, file, folder);
            self.file(&file, &folder, Some(parent), is_test)
        };
        self.modules[parent].bind(name, Binding::Module(child), false);
    }

    /// The file of `mod name;`, and where the files of its children are.
    fn locate(&self, item: &ItemMod, name: &str, file: &Path, folder: &Path) -> (PathBuf, PathBuf) {
        if let Some(path) = path_attribute(item) {
            let file = file.parent().unwrap().join(path);
            let folder = file.parent().unwrap().to_owned();
            return (file, folder);
        }
        let children = folder.join(name);
        let beside = folder.join(format!("{name}.rs"));
        if (self.read)(&beside).is_some() {
            (beside, children)
        } else {
            (children.join("mod.rs"), children)
        }
    }
}

/// The path in `#[path = "..."]`.
fn path_attribute(item: &ItemMod) -> Option<String> {
    item.attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}
