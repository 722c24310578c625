//! Notes what the items of a module define and implement.

use crate::facts::{Binding, Kind, Module};
use crate::paths::{segments, text};
use syn::{Ident, Item};

impl Module {
    /// `is_local`: inside a function.
    pub(crate) fn bind(&mut self, name: String, binding: Binding, is_local: bool) {
        let names = if is_local {
            &mut self.local_names
        } else {
            &mut self.names
        };
        names.entry(name).or_default().push(binding);
    }

    pub(crate) fn define(&mut self, item: &Item, is_local: bool) {
        if let Some((name, kind)) = definition(item) {
            if kind != Kind::Value {
                self.types.push(text(name));
            }
            self.bind(text(name), Binding::Item(kind), is_local);
        }
        self.has_macros |= matches!(item, Item::Macro(call) if call.ident.is_none());
    }

    /// `impl Trait for` outside tests.
    pub(crate) fn implement(&mut self, item: &Item) {
        if let Item::Impl(syn::ItemImpl {
            trait_: Some((path, _)),
            ..
        }) = item
        {
            self.implemented.push(segments(path));
        }
    }
}

fn definition(item: &Item) -> Option<(&Ident, Kind)> {
    match item {
        Item::Enum(item) => Some((&item.ident, Kind::Type)),
        Item::Struct(item) => Some((&item.ident, Kind::Type)),
        Item::Type(item) => Some((&item.ident, Kind::Type)),
        Item::Union(item) => Some((&item.ident, Kind::Type)),
        Item::Trait(item) => Some((&item.ident, Kind::Trait)),
        Item::TraitAlias(item) => Some((&item.ident, Kind::Trait)),
        Item::Const(item) => Some((&item.ident, Kind::Value)),
        Item::Fn(item) => Some((&item.sig.ident, Kind::Value)),
        Item::Static(item) => Some((&item.ident, Kind::Value)),
        Item::Macro(item) => Some((item.ident.as_ref()?, Kind::Value)),
        _ => None,
    }
}
