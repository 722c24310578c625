//! Scenarios: several requests one after the other, with cookies and with values that later requests take from earlier
//! responses (pure). docs/scenarios.md describes the file.
//!
//! - `document`: the keys of the file; `compile`: checks them and makes a [`Scenario`](definition::Scenario) of them;
//! - `definition`: the steps; `template`: texts with placeholders; `extraction`: values of responses; `cookie_jar`;
//! - `iteration`: one passage through the steps; `running`: all iterations that are under way.

mod compile;
mod cookie_jar;
pub(crate) mod definition;
mod document;
mod extraction;
mod iteration;
pub(crate) mod running;
mod template;
#[cfg(test)]
mod tests;
