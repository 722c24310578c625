//! What receives the parts of a response.

/// Receives the parts of a final response in their order: the status, the fields, the content. Interim responses (1xx)
/// and trailer fields are not visited. After an error of the decoder, the parts up to the error have been visited.
pub trait ResponseVisitor {
    /// The status code, at least 200.
    fn status(&mut self, status: u16);
    /// A field line; the name as it was sent, the value without surrounding whitespace. Obsolete line folding has been
    /// replaced by spaces (RFC 9112 section 5.2). The `Content-Length` of a chunked body does not count and is not visited
    /// (section 6.3).
    fn field(&mut self, name: &str, value: &[u8]);
    /// Some bytes of the content, without the framing of chunks; never empty.
    fn body(&mut self, bytes: &[u8]);
}
