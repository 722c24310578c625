//! HTTP/1.1 connections. Each request goes through the phases of `phase`.

mod active_request;
mod closing;
pub(crate) mod connection;
pub(crate) mod connection_state;
mod date_field;
mod dispatch;
mod http_stream;
pub(crate) mod phase;
mod planned_response;
mod request_body;
mod respond;
mod response_body;
mod service;
mod throttle;
