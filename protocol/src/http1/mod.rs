//! The client's half of HTTP/1.1 (RFC 9112) as pure data: decodes responses and writes the lines of request heads. It makes no system
//! calls, has no clock and allocates nothing for an ordinary response; [httparse] reads the lines of heads.
//!
//! ```
//! use flagpole_protocol::http1::{ResponseDecoder, ResponseLimits, ResponseVisitor};
//!
//! #[derive(Default)]
//! struct Page { status: u16, content: Vec<u8> }
//!
//! impl ResponseVisitor for Page {
//!     fn status(&mut self, status: u16) { self.status = status; }
//!     fn field(&mut self, _name: &str, _value: &[u8]) {}
//!     fn body(&mut self, bytes: &[u8]) { self.content.extend_from_slice(bytes); }
//! }
//!
//! let mut decoder = ResponseDecoder::new(ResponseLimits::default());
//! let mut page = Page::default();
//! decoder.begin(false);
//! let received = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n0\r\n\r\n";
//! let consumed = decoder.decode(received, &mut page)?;
//! assert_eq!((page.status, page.content.as_slice()), (200, b"GIF".as_slice()));
//! assert!(consumed == received.len() && decoder.is_complete() && decoder.keeps_alive());
//! # Ok::<(), flagpole_protocol::http1::DecodeError>(())
//! ```
//!
//! [httparse]: https://docs.rs/httparse

mod body_framing;
mod chunk_position;
mod decode_error;
mod request_head;
mod response_decoder;
mod response_head;
mod response_limits;
mod response_visitor;

#[cfg(test)]
mod tests;

pub use decode_error::DecodeError;
pub use request_head::{write_field_line, write_request_line};
pub use response_decoder::ResponseDecoder;
pub use response_limits::ResponseLimits;
pub use response_visitor::ResponseVisitor;
