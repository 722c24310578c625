//! The content that a server serves: the responses of a site.

mod index_page;
mod representations;
pub(crate) mod selection;
pub(crate) mod site;
