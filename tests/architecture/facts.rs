//! What is known about a crate: plain data, without syntax trees.

use std::collections::BTreeMap;

/// The segments of a path. An empty first segment stands for a leading `::`.
pub(crate) type Path = Vec<String>;

/// A name may stand for several things.
pub(crate) type Names = BTreeMap<String, Vec<Binding>>;

/// An index into [`Crate::modules`].
pub(crate) type ModuleId = usize;

pub(crate) struct Crate {
    /// The name of its package, `flagpole-server`.
    pub(crate) name: String,
    /// The packages that it depends on, except for tests.
    pub(crate) dependencies: Vec<String>,
    /// The first is the root.
    pub(crate) modules: Vec<Module>,
}

#[derive(Default)]
pub(crate) struct Module {
    /// From the root of the workspace, separated by `/`. Inline modules share their parent's file.
    pub(crate) file: String,
    pub(crate) parent: Option<ModuleId>,
    /// Compiled for tests only.
    pub(crate) is_test: bool,
    pub(crate) names: Names,
    /// What is imported or defined inside functions, of all functions together.
    pub(crate) local_names: Names,
    /// The modules whose names are all imported.
    pub(crate) globs: Vec<Path>,
    pub(crate) usages: Vec<Usage>,
    /// It calls macros, which may define items that are not in `names`.
    pub(crate) has_macros: bool,
    /// The traits that are implemented outside tests.
    pub(crate) implemented: Vec<Path>,
    /// Structs, enums, unions, traits and type aliases, also inside functions.
    pub(crate) types: Vec<String>,
}

/// What a name stands for.
pub(crate) enum Binding {
    Module(ModuleId),
    Item(Kind),
    Import(Path),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Trait,
    /// Any other type: a path may go on after its name.
    Type,
    /// A function, constant, static or macro: a path ends at its name.
    Value,
}

/// A path in the code.
pub(crate) struct Usage {
    pub(crate) path: Path,
    /// In code that is compiled for tests only.
    pub(crate) in_test: bool,
    /// In a constant or static.
    pub(crate) in_constant: bool,
    /// A `use` with a visibility: a name for others, and no import by itself.
    pub(crate) is_reexport: bool,
}
