//! HTTP/1.1 connections.

mod active_request;
pub(crate) mod connection;
pub(crate) mod connection_state;
mod shaped_stream;
