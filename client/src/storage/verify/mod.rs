//! Verification of bodies: digests of any body, the structure of a GIF, the fields of metadata.

pub(crate) mod body_verifier;
pub(crate) mod country_metadata;
pub(crate) mod gif;
