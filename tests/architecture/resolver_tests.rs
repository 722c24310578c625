//! The resolver on made-up crates: which paths are arrows, and which are not.

use crate::facts::{Crate, Usage};
use crate::graph::{between_folders, cycles};
use crate::walk::modules;
use std::path::Path;

/// A crate of these files and their texts.
fn made_up(files: &[(&str, &str)]) -> Crate {
    let read = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| (*text).to_owned())
    };
    Crate {
        name: "made-up".to_owned(),
        dependencies: Vec::new(),
        modules: modules(files[0].0, &read),
    }
}

fn without_tests(usage: &Usage) -> bool {
    !usage.in_test
}

/// Its arrows as `from > to: names`, without `src/` and `.rs`.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let short = |file: &str| {
        file.trim_start_matches("src/")
            .trim_end_matches(".rs")
            .to_owned()
    };
    let arrows = made_up(files).arrows(without_tests).into_iter();
    let lines = arrows.map(|((from, to), names)| {
        let names: Vec<_> = names.into_iter().collect();
        format!("{} > {}: {}", short(&from), short(&to), names.join(" "))
    });
    lines.collect()
}

fn has_cycle(files: &[(&str, &str)]) -> bool {
    !cycles(&made_up(files).arrows(without_tests)).is_empty()
}

const TWO: &str = "mod a; mod b;";

/// What `src/a.rs` with this text imports from `src/b.rs`.
fn imported(a: &str) -> String {
    let b = "pub struct B; pub enum E { V } pub fn f() {} pub mod inner { pub struct C; }";
    let found = arrows(&[("src/lib.rs", TWO), ("src/a.rs", a), ("src/b.rs", b)]);
    match &found[..] {
        [] => String::new(),
        [arrow] => arrow.strip_prefix("a > b: ").unwrap().to_owned(),
        _ => panic!("{found:?}"),
    }
}

#[test]
fn all_forms_of_use_are_arrows() {
    assert_eq!(imported("use crate::b::B;"), "B");
    assert_eq!(imported("use super::b::{B as Other, f};"), "B f");
    assert_eq!(imported("use crate::b::{self, E::V};"), "E");
    assert_eq!(imported("use crate::b; fn g() -> b::B { b::f() }"), "B f");
    assert_eq!(imported("fn g() { use crate::b::B as _; }"), "B");
    assert_eq!(imported("fn g() { use crate::b; b::f(); }"), "f");
    assert_eq!(imported("use crate::b::*; fn g() -> B { loop {} }"), "B");
    assert_eq!(imported("use crate::b::inner; type X = inner::C;"), "C");
    assert_eq!(imported("mod c { use super::super::b::B; }"), "B");
}

#[test]
fn inline_paths_are_arrows() {
    assert_eq!(imported("type X = Vec<crate::b::B>;"), "B");
    assert_eq!(imported("fn g() { super::b::f(); }"), "f");
    assert_eq!(imported("fn g(e: X) { if let crate::b::E::V = e {} }"), "E");
    assert_eq!(imported("impl crate::b::B {}"), "B");
    assert_eq!(imported("fn g() { assert!(x == [crate::b::E::V]); }"), "E");
    assert_eq!(
        imported("macro_rules! m { () => { $crate::b::f() }; }"),
        "f"
    );
    assert_eq!(
        imported("#[serde(with = \"Vec<crate::b::B>\")] struct S;"),
        "B"
    );
    assert_eq!(imported("#[error(\"{}\", super::b::f())] struct S;"), "f");
}

#[test]
fn modules_reexports_tests_and_other_crates_are_not_arrows() {
    assert_eq!(imported("use crate::b; use super::b::inner;"), "");
    assert_eq!(
        imported("pub use crate::b::B; pub(crate) use crate::b::f;"),
        ""
    );
    assert_eq!(imported("#[cfg(test)] mod tests { use crate::b::B; }"), "");
    assert_eq!(imported("#[cfg(all(unix, test))] use crate::b::B;"), "");
    assert_eq!(imported("#[test] fn g() { crate::b::f(); }"), "");
    assert_eq!(
        imported("impl S { #[cfg(test)] fn g() { crate::b::f(); } }"),
        ""
    );
    assert_eq!(imported("use b::B; use ::b::f; // crate::b::B"), "");
    assert_eq!(imported("#[cfg(any(test, unix))] use crate::b::B;"), "B");
}

#[test]
fn a_reexport_that_is_used_in_its_own_file_is_an_arrow() {
    assert_eq!(imported("pub use crate::b::B; fn g(b: B) {}"), "B");
}

#[test]
fn an_item_is_found_where_it_is_defined_whatever_reexports_it() {
    let found = arrows(&[
        (
            "src/lib.rs",
            "mod a; mod folder; pub use folder::Y; pub use folder::*;",
        ),
        (
            "src/a.rs",
            "use crate::Y; fn g() { crate::folder::X::new(); crate::z(); }",
        ),
        (
            "src/folder/mod.rs",
            "mod x; pub use self::x::{X, X as Y}; mod deep; pub use deep::*;",
        ),
        ("src/folder/x.rs", "pub struct X;"),
        ("src/folder/deep/mod.rs", "mod z; pub use z::z;"),
        ("src/folder/deep/z.rs", "pub fn z() {}"),
    ]);
    assert_eq!(found, ["a > folder/deep/z: z", "a > folder/x: X"]);
}

#[test]
fn circular_reexports_terminate() {
    let found = arrows(&[
        (
            "src/lib.rs",
            "mod a; mod b; pub use a::a; pub use b::*; fn g() { a(); crate::none(); }",
        ),
        (
            "src/a.rs",
            "pub use crate::b::*; pub fn a() {} pub use crate::a::b;",
        ),
        ("src/b.rs", "pub use crate::a::*;"),
    ]);
    assert_eq!(found, ["lib > a: a"]);
}

#[test]
fn modules_are_found_in_files_folders_and_at_paths() {
    let lib = "mod a; #[path = \"elsewhere/p.rs\"] mod p; mod inline { mod deep; } struct Root;";
    let found = arrows(&[
        ("src/lib.rs", lib),
        ("src/a.rs", "mod b; use crate::Root;"),
        ("src/a/b.rs", "mod c; use super::super::Root;"),
        ("src/a/b/c/mod.rs", "use crate::Root;"),
        ("src/elsewhere/p.rs", "mod q; use super::Root;"),
        ("src/elsewhere/q.rs", "use crate::Root;"),
        ("src/inline/deep.rs", "use super::super::Root;"),
    ]);
    let from = [
        "a",
        "a/b",
        "a/b/c/mod",
        "elsewhere/p",
        "elsewhere/q",
        "inline/deep",
    ];
    assert_eq!(found, from.map(|file| format!("{file} > lib: Root")));
}

#[test]
fn items_of_macros_are_in_the_file_that_calls_the_macro() {
    let found = arrows(&[
        ("src/lib.rs", TWO),
        ("src/a.rs", "use crate::b::Made;"),
        ("src/b.rs", "make! { Made }"),
    ]);
    assert_eq!(found, ["a > b: Made"]);
}

#[test]
fn two_files_that_import_each_other_are_a_cycle() {
    let a = ("src/a.rs", "use crate::b::B; pub struct A;");
    assert!(has_cycle(&[
        ("src/lib.rs", TWO),
        a,
        ("src/b.rs", "use super::a::A; pub struct B;")
    ]));
    assert!(has_cycle(&[
        ("src/lib.rs", TWO),
        a,
        ("src/b.rs", "pub struct B(crate::a::A);")
    ]));
    assert!(!has_cycle(&[
        ("src/lib.rs", TWO),
        a,
        ("src/b.rs", "pub struct B;")
    ]));
}

#[test]
fn a_parent_and_a_child_that_import_each_other_are_a_cycle() {
    let child = ("src/a/b.rs", "use super::A; pub struct B;");
    let uses = ("src/a.rs", "mod b; pub struct A(b::B);");
    let reexports = ("src/a.rs", "mod b; pub use b::B; pub struct A;");
    assert!(has_cycle(&[("src/lib.rs", "mod a;"), uses, child]));
    assert!(!has_cycle(&[("src/lib.rs", "mod a;"), reexports, child]));
}

#[test]
fn a_cycle_goes_through_reexports() {
    assert!(has_cycle(&[
        ("src/lib.rs", "mod a; mod folder; pub use a::A;"),
        ("src/a.rs", "use crate::folder::C; pub struct A;"),
        ("src/folder/mod.rs", "mod c; pub use c::C;"),
        ("src/folder/c.rs", "use crate::A; pub struct C;"),
    ]));
}

#[test]
fn folders_that_import_each_other_are_a_cycle_without_one_between_files() {
    let files = [
        ("src/lib.rs", "mod one; mod other;"),
        ("src/one.rs", "use crate::other::O; mod deep;"),
        ("src/one/deep.rs", "pub struct D;"),
        (
            "src/other/mod.rs",
            "use crate::one::deep::D; mod o; pub use o::O;",
        ),
        ("src/other/o.rs", "pub struct O;"),
    ];
    assert!(!has_cycle(&files));
    let arrows = between_folders(&made_up(&files).arrows(without_tests));
    assert_eq!(cycles(&arrows).len(), 1);
}
