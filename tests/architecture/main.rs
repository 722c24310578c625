//! Checks the architecture against the code: parses every module of every crate of the workspace, resolves every path
//! to the file that defines the item, and tests the rules on these arrows.
//!
//! In reading order: `workspace` lists the crates, `walk` follows their `mod` declarations, `collect` and
//! `definitions` note what a module uses and defines (`facts`), `resolve` finds where an item is defined, `graph`
//! makes arrows between files. The rules follow: `cycles`, `imports`, `families`, `purity`, `type_names`, `words`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails there"
)]

mod attributes;
mod collect;
mod cycles;
mod definitions;
mod facts;
mod families;
mod graph;
mod imports;
mod paths;
mod purity;
mod resolve;
mod texts;
mod tokens;
mod type_names;
mod walk;
mod words;
mod workspace;
