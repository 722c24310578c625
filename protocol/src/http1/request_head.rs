//! The lines of a request's head.

use http::{HeaderName, Method};

/// Appends the request line `METHOD SP target SP HTTP/1.1 CRLF` (RFC 9112 section 3). The target is the concatenation of its
/// parts; it must be in one of the forms of section 3.2, without spaces and line ends.
pub fn write_request_line(out: &mut Vec<u8>, method: &Method, target: &[&str]) {
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    for part in target {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// Appends a field line (RFC 9112 section 5). The value must be one of section 5.5 of RFC 9110. After the last field line, the
/// head ends with an empty line.
pub fn write_field_line(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HOST;

    #[test]
    fn head_has_method_target_version_and_fields() {
        let mut out = b"before ".to_vec();
        write_request_line(&mut out, &Method::HEAD, &["/flags", "/br/br.gif?a=b"]);
        write_field_line(&mut out, &HOST, b"example.org");
        let head = b"before HEAD /flags/br/br.gif?a=b HTTP/1.1\r\nhost: example.org\r\n";
        assert_eq!(out, head);
    }
}
