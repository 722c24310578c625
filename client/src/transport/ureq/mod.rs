//! The transport `ureq`: a blocking client, one agent with at most one connection per concurrency slot.
//!
//! ureq writes requests, parses responses and keeps the connection open. The socket is flagpole's own, so that errors,
//! the time of the first byte and deadlines are exact. The buffers are flagpole's own too, because those of ureq take
//! 256 KB per connection.

mod body;
mod buffers;
mod classify;
mod client;
mod connection;
mod socket;
mod state;

use self::client::UreqClient;
use super::interface::{BlockingClient, Transport};
use super::request::request_template::RequestTemplate;
use std::io;
use std::sync::Arc;

/// The transport `ureq`.
#[derive(Debug)]
pub struct Ureq;

impl Transport for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn about(&self) -> &'static str {
        "ureq's agent, one keep-alive connection per concurrency slot; for strategies that block threads"
    }

    fn client(&self, template: Arc<RequestTemplate>) -> io::Result<Box<dyn BlockingClient>> {
        Ok(Box::new(UreqClient::new(template)))
    }
}
