//! Notes what a module defines and which paths it uses.
//!
//! Macros and attributes are not expanded: sequences `a::b` in their tokens count as paths, also inside the string
//! literals of attributes (`#[serde(with = "a::b")]`). `#[cfg(test)]` is recognised on items, associated items and
//! fields, not on statements. Doc comments are not code.

use crate::attributes::{is_test, item_attributes};
use crate::facts::{Binding, Module, Path, Usage};
use crate::paths::{imports, segments};
use crate::tokens::{literal_paths, token_paths};
use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::{Attribute, Field, ImplItem, Item, Meta, Visibility};

/// Adds the items to the facts about their module; skips child modules.
pub(crate) fn collect(items: &[Item], module: &mut Module) {
    let mut collector = Collector {
        in_test: module.is_test,
        in_constant: false,
        depth: 0,
        module,
    };
    for item in items {
        collector.visit_item(item);
    }
}

struct Collector<'a> {
    module: &'a mut Module,
    in_test: bool,
    in_constant: bool,
    /// The number of items around the visited one.
    depth: usize,
}

impl Collector<'_> {
    fn use_paths(&mut self, paths: impl IntoIterator<Item = Path>) {
        let usages = paths.into_iter().map(|path| Usage {
            path,
            in_test: self.in_test,
            in_constant: self.in_constant,
            is_reexport: false,
        });
        self.module.usages.extend(usages);
    }

    fn import(&mut self, item: &syn::ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        for import in imports(item) {
            if let Some(name) = import.name {
                let binding = Binding::Import(import.path.clone());
                self.module.bind(name, binding, self.depth > 1);
            }
            let mut path = import.path;
            if import.is_glob {
                self.module.globs.push(path.clone());
                path.push("*".to_owned());
            }
            self.module.usages.push(Usage {
                path,
                in_test: self.in_test,
                in_constant: false,
                is_reexport,
            });
        }
    }

    /// Runs `visit`; what it collects counts as test code if the attributes say so.
    fn inside(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let before = (self.in_test, self.in_constant);
        self.in_test |= is_test(attributes);
        visit(self);
        (self.in_test, self.in_constant) = before;
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if matches!(item, Item::Mod(_)) {
            return;
        }
        self.inside(item_attributes(item), |this| {
            this.module.define(item, this.depth > 0);
            if !this.in_test {
                this.module.implement(item);
            }
            this.in_constant |= matches!(item, Item::Const(_) | Item::Static(_));
            this.depth += 1;
            visit::visit_item(this, item);
            this.depth -= 1;
        });
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.inside(attributes, |this| visit::visit_impl_item(this, item));
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.inside(&field.attrs, |this| visit::visit_field(this, field));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.use_paths([segments(path)]);
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().segments.len() > 1 {
            self.use_paths([segments(attribute.path())]);
        }
        match &attribute.meta {
            Meta::List(list) => {
                self.visit_token_stream(&list.tokens);
                self.use_paths(literal_paths(&list.tokens));
            }
            Meta::NameValue(pair) if !pair.path.is_ident("doc") => self.visit_expr(&pair.value),
            _ => {}
        }
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.use_paths(token_paths(tokens));
    }
}
