//! Why a target cannot be used.

use std::io;

/// The URL cannot be used, or its host is unknown.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not a URL with a host.
    #[error("expected a URL such as `http://127.0.0.1:8001`, got `{0}`")]
    Malformed(String),
    /// The scheme is not http.
    #[error("expected a URL that begins with `http://`, got `{0}`; https is not supported")]
    Scheme(String),
    /// A query, a fragment or a user.
    #[error("expected a URL without user, query and fragment, got `{0}`")]
    Extra(String),
    /// The host cannot be looked up.
    #[error("cannot look up the host `{host}`: {source}")]
    Lookup {
        /// The host.
        host: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The host has no address.
    #[error("the host `{0}` has no address")]
    NoAddress(String),
}
