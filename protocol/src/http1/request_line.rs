//! The first line of a request.

use http::Method;

/// Appends the request line `METHOD SP target SP HTTP/1.1 CRLF` (RFC 9112 section 3); the fields and the empty line are
/// the caller's. The target must be in one of the forms of section 3.2, without spaces and line ends.
pub fn write_request_line(out: &mut Vec<u8>, method: &Method, target: &str) {
    for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_line_has_method_target_and_version() {
        let mut out = b"before ".to_vec();
        write_request_line(&mut out, &Method::HEAD, "/flags/br/br.gif?a=b");
        assert_eq!(out, b"before HEAD /flags/br/br.gif?a=b HTTP/1.1\r\n");
    }
}
