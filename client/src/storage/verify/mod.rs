//! Whether a body is what it should be.

pub(crate) mod body_verifier;
pub(crate) mod country_metadata;
pub(crate) mod gif;
