//! The data from which a transport builds a request.

pub(crate) mod request_spec;
pub(crate) mod request_template;
pub(crate) mod run_name;
pub(crate) mod transport_config;
