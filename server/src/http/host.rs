//! The host that a request names (RFC 9112 section 3.2): a request without a host, with two or with an invalid one
//! shows a defect of its client, so it is not answered as if it were correct.

use flagpole_protocol::SpecError;
use http::header::HOST;
use http::{Request, Version};
use std::net::Ipv6Addr;

/// Accepts a request that names one valid host. HTTP/1.0 knows no `Host`, but one that is there must be valid too.
///
/// An empty `Host` stands for a URI without an authority, which an `http` URI cannot be (RFC 9110 section 4.2.1). So it
/// is valid only where the request target has the authority (absolute form), which then counts (RFC 9112 section 3.2.2).
///
/// # Errors
/// If the request has to be answered with 400; the sentence says why.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), SpecError> {
    let authority = request.uri().authority();
    let mut fields = request.headers().get_all(HOST).iter();
    let host = match (fields.next(), fields.next()) {
        (Some(host), None) => host.as_bytes(),
        (Some(_), Some(_)) => {
            let rule = "host: expected one field, got several";
            return Err(SpecError::rule(rule.to_owned()));
        }
        (None, _) if request.version() < Version::HTTP_11 => return Ok(()),
        (None, _) => {
            let rule = "host: expected one field in a request of HTTP/1.1, got none";
            return Err(SpecError::rule(rule.to_owned()));
        }
    };
    let is_left_to_target = authority.is_some() && host.is_empty();
    if !is_left_to_target && !is_authority(host) {
        return Err(invalid(host).within("host"));
    }
    match authority.map(|authority| authority.as_str().as_bytes()) {
        Some(target) if !is_authority(target) => Err(invalid(target).within("request target")),
        _ => Ok(()),
    }
}

fn invalid(authority: &[u8]) -> SpecError {
    let what = "a host name or address with an optional port";
    SpecError::expected(what, &authority.escape_ascii().to_string())
}

/// Whether a text is `uri-host [ ":" port ]` with a host that is not empty. RFC 3986 sections 3.2.2 and 3.2.3 have the
/// grammar, in which a port may be empty or long.
fn is_authority(text: &[u8]) -> bool {
    // Most hosts are a name, or a name and a port; this is checked for each request.
    let name_end = (text.iter()).position(|&byte| !NAME_BYTES[usize::from(byte)]);
    let Some(name_end) = name_end else {
        return !text.is_empty();
    };
    if name_end > 0 && is_port(&text[name_end..]) {
        return true;
    }
    let end_of_host = match text.first() {
        Some(b'[') => (text.iter().position(|&byte| byte == b']')).map(|closing| closing + 1),
        _ => text.iter().position(|&byte| byte == b':'),
    };
    let (host, port) = text.split_at(end_of_host.unwrap_or(text.len()));
    is_port(port)
        && match host {
            [] => false,
            [b'[', literal @ .., b']'] => is_ip_literal(literal),
            // An IPv4 address has the form of a name.
            name => is_name(name),
        }
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [colon, digits @ ..] => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

/// `reg-name` of RFC 3986 section 3.2.2, not empty.
fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            (byte, after) if is_name_byte(*byte) => after,
            _ => return false,
        };
    }
    true
}

/// [`is_name_byte`] by byte.
static NAME_BYTES: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0_u8);
    while byte < 128 {
        table[byte as usize] = is_name_byte(byte);
        byte += 1;
    }
    table
};

/// `unreserved` and `sub-delims` of RFC 3986 sections 2.2 and 2.3.
const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

/// An IPv6 address or an address of a future version, without the brackets (RFC 3986 section 3.2.2).
fn is_ip_literal(literal: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(literal) else {
        return false;
    };
    let Some(future) = text.strip_prefix(['v', 'V']) else {
        return text.parse::<Ipv6Addr>().is_ok();
    };
    let is_address = |text: &str| text.bytes().all(|byte| is_name_byte(byte) || byte == b':');
    future.split_once('.').is_some_and(|(version, address)| {
        !version.is_empty()
            && version.bytes().all(|digit| digit.is_ascii_hexdigit())
            && !address.is_empty()
            && is_address(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, target: &str, hosts: &[&str]) -> Result<(), String> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        check(&request.body(()).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn valid_hosts_are_accepted() {
        for host in [
            "x",
            "localhost:8000",
            "127.0.0.1",
            "127.0.0.1:80",
            "a.example.",
            "a_b-c",
            "a%20b",
            "x:",
            "[::1]",
            "[::1]:80",
            "[::ffff:127.0.0.1]:",
            "[v1.fe:x]",
            "a,b;c=d",
            "!$&'()*+,;=~",
        ] {
            assert_eq!(request(Version::HTTP_11, "/", &[host]), Ok(()), "{host}");
        }
    }

    #[test]
    fn invalid_hosts_are_refused_in_every_version() {
        for host in [
            "",
            "a b",
            "a/b",
            "/",
            "a?",
            "a#",
            "u@a",
            "u:p@a",
            ":80",
            "x:a",
            "x:80:80",
            "x:-1",
            "x: 80",
            "http://x",
            "a%2",
            "a%zz",
            "::1",
            "[::1",
            "::1]",
            "[::1]80",
            "[]",
            "[::1]:a",
            "[::g]",
            "[fe80::1%25lo]",
            "[v.x]",
            "[v1.]",
            "[1.2.3.4]",
            "a\"b",
            "a<b>",
            "a\\b",
            "a|b",
            "é",
            "a^b",
            "{a}",
        ] {
            for version in [Version::HTTP_10, Version::HTTP_11] {
                let got = host.as_bytes().escape_ascii();
                let sentence = format!(
                    "host: expected a host name or address with an optional port, got `{got}`"
                );
                assert_eq!(request(version, "/", &[host]), Err(sentence), "{host}");
            }
        }
    }

    #[test]
    fn a_request_of_http_1_1_has_one_host() {
        let none = "host: expected one field in a request of HTTP/1.1, got none";
        let several = "host: expected one field, got several";
        for target in ["/", "http://x/"] {
            for (version, hosts, expected) in [
                (Version::HTTP_11, &[][..], Err(none)),
                (Version::HTTP_11, &["x", "x"], Err(several)),
                (Version::HTTP_10, &[], Ok(())),
                (Version::HTTP_10, &["x", "x"], Err(several)),
            ] {
                assert_eq!(
                    request(version, target, hosts),
                    expected.map_err(str::to_owned)
                );
            }
        }
    }

    #[test]
    fn the_authority_of_an_absolute_target_takes_the_place_of_an_empty_host() {
        let check = |target, host| request(Version::HTTP_11, target, &[host]);
        assert_eq!(check("http://x:80/", "other"), Ok(()));
        assert_eq!(check("http://[::1]/", ""), Ok(()));
        let refused = |what, got| {
            Err(format!(
                "{what}: expected a host name or address with an optional port, got `{got}`"
            ))
        };
        assert_eq!(check("http://x/", "a b"), refused("host", "a b"));
        assert_eq!(check("http://u@x/", "x"), refused("request target", "u@x"));
        assert_eq!(check("http://x:a/", "x"), refused("request target", "x:a"));
    }
}
