//! How the values of a profile are written: in TOML, in its JSON Schema, and as specifications.

pub(super) mod schema_text;
pub(super) mod serde_text;
