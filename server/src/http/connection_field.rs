//! Whether a request lets its connection be used for another one (RFC 9112 section 9.3).

use http::header::CONNECTION;
use http::{Request, Version};

/// Whether the client keeps the connection open after the response: the default of HTTP/1.1, and of HTTP/1.0 only on
/// demand.
pub(crate) fn keeps_alive<B>(request: &Request<B>) -> bool {
    let has_option = |option: &str| {
        let fields = request.headers().get_all(CONNECTION).iter();
        let mut options = fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(','));
        options.any(|found| found.trim().eq_ignore_ascii_case(option))
    };
    if request.version() == Version::HTTP_10 {
        has_option("keep-alive")
    } else {
        !has_option("close")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_decides_unless_the_field_does() {
        for (version, field, expected) in [
            (Version::HTTP_11, "", true),
            (Version::HTTP_11, "x, Close", false),
            (Version::HTTP_11, "keep-alive", true),
            (Version::HTTP_10, "", false),
            (Version::HTTP_10, "Keep-Alive", true),
        ] {
            let request = Request::builder().version(version);
            let request = request.header(CONNECTION, field).body(()).unwrap();
            assert_eq!(keeps_alive(&request), expected, "{version:?} {field}");
        }
    }
}
