//! The content that a server serves: the responses of a site, prepared at start.

mod index_page;
pub(crate) mod site;
