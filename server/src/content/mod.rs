//! What is served.

mod index_page;
pub mod site;
