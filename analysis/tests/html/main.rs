//! Reports as HTML: what they contain, that nothing in a result does harm, and how large they are.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod comparison;
mod hostile;
mod page;
mod results;
mod sizes;
