//! HTTP/1.1 connections.

pub(crate) mod connection;
pub(crate) mod connection_state;
pub(crate) mod shaped_stream;
