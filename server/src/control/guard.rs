//! Refuses requests that do not come from the user: pages of other sites can make a browser send requests to addresses
//! of this machine.
//!
//! A page whose name resolves to this machine (DNS rebinding) is recognised by `Host`; a page of another site by `Origin`
//! and `Sec-Fetch-Site`, which browsers add to every request that can change something or that is made by a page.

use super::live_path::LIVE_FOLDER;
use super::media_type::MediaType;
use super::problem::Problem;
use http::header::{CONTENT_LENGTH, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body::Body;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Maximum size of the body of a request in bytes.
pub(super) const MAX_BODY: u64 = 1 << 20;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks a request before any operation sees it. `own_name` is the host name that the user gave to the control plane, if
/// it was a name.
pub(super) fn check<B: Body>(request: &Request<B>, own_name: Option<&str>) -> Result<(), Problem> {
    let fields = request.headers();
    let host = check_host(request, own_name)?;
    // A page of another site could keep streams of the live page open.
    if !request.method().is_safe() || request.uri().path().starts_with(LIVE_FOLDER) {
        check_origin(fields, &host)?;
    }
    if !request.body().is_end_stream() {
        MediaType::from_request(fields).map_err(Problem::closing)?;
        check_length(fields)?;
    }
    Ok(())
}

/// The host and port that the request names.
fn check_host<B>(request: &Request<B>, own_name: Option<&str>) -> Result<String, Problem> {
    let from_target = request.uri().authority().map(ToString::to_string);
    let mut named = request.headers().get_all(HOST).iter();
    let from_field = match (named.next(), named.next()) {
        (Some(host), None) => Some(text(host)),
        (None, _) => None,
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request(
                "host: expected one field, got several",
            ));
        }
    };
    // The authority of an absolute target counts (RFC 9112 section 3.2.2), but the field must be valid too.
    let hosts: Vec<_> = from_target.into_iter().chain(from_field).collect();
    if let Some(foreign) = hosts.iter().find(|host| !is_own_host(host, own_name)) {
        let detail = format!(
            "host: expected an IP address or `localhost`{}, got `{foreign}`",
            own_name
                .map(|name| format!(" or `{name}`"))
                .unwrap_or_default()
        );
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let host = hosts.into_iter().next();
    host.ok_or_else(|| Problem::bad_request("host: expected one field, got none"))
}

fn is_own_host(host: &str, own_name: Option<&str>) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let literal = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = literal {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    name.parse::<Ipv4Addr>().is_ok() || is("localhost") || own_name.is_some_and(is)
}

fn check_origin(fields: &HeaderMap, host: &str) -> Result<(), Problem> {
    let own = format!("http://{host}");
    let origins = fields.get_all(ORIGIN).iter().map(text);
    let mut foreign = origins.filter(|origin| !origin.eq_ignore_ascii_case(&own));
    if let Some(origin) = foreign.next() {
        let detail = format!("origin: expected `{own}` or none, got `{origin}`");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let mut sites = fields.get_all(SEC_FETCH_SITE).iter().map(text);
    match sites.find(|site| site != "same-origin" && site != "none") {
        Some(site) => {
            let detail = format!("sec-fetch-site: expected `same-origin` or none, got `{site}`");
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
        None => Ok(()),
    }
}

fn check_length(fields: &HeaderMap) -> Result<(), Problem> {
    let length = fields.get(CONTENT_LENGTH).map(text);
    match length.and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > MAX_BODY => Err(too_large()),
        _ => Ok(()),
    }
}

/// The refusal of a body, of which the rest is not read.
pub(super) fn too_large() -> Problem {
    let detail = format!("expected a body of at most {MAX_BODY} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).closing()
}

fn text(value: &HeaderValue) -> String {
    value.as_bytes().escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body as AxumBody;

    /// The status of the refusal of a request without a body.
    fn status(method: &str, fields: &[(&str, &str)]) -> Option<u64> {
        let mut request = Request::builder().method(method).uri("/profile");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(AxumBody::empty()).unwrap();
        let problem = check(&request, Some("build.example")).err()?;
        serde_json::to_value(problem).unwrap()["status"].as_u64()
    }

    #[test]
    fn a_host_is_an_address_localhost_or_the_name_of_the_control_plane() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:9000",
            "[::1]:9000",
            "[::1]",
            "LOCALHOST:1",
            "build.example:9000",
        ] {
            assert_eq!(status("GET", &[("host", host)]), None, "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "x:9000",
            "",
            "[x]",
            "::1",
        ] {
            assert_eq!(status("GET", &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status("GET", &[]), Some(400));
        assert_eq!(
            status("GET", &[("host", "localhost"), ("host", "localhost")]),
            Some(400)
        );
    }

    #[test]
    fn state_changing_calls_of_other_origins_are_refused() {
        let with = |method, field: (&'static str, &'static str)| {
            status(method, &[("host", "127.0.0.1:9000"), field])
        };
        for method in ["PUT", "PATCH", "POST"] {
            for field in [
                ("origin", "http://evil.example"),
                ("origin", "http://127.0.0.1:8000"),
                ("origin", "https://127.0.0.1:9000"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                assert_eq!(with(method, field), Some(403), "{method} {field:?}");
            }
            assert_eq!(with(method, ("origin", "http://127.0.0.1:9000")), None);
            assert_eq!(with(method, ("sec-fetch-site", "same-origin")), None);
            assert_eq!(with(method, ("sec-fetch-site", "none")), None);
        }
        assert_eq!(with("GET", ("origin", "http://evil.example")), None);
    }

    #[test]
    fn a_body_has_a_known_media_type_and_size() {
        let status = |content_type: &str, length: Option<u64>| {
            let mut request = Request::put("/profile").header("host", "localhost");
            request = request.header("content-type", content_type);
            if let Some(length) = length {
                request = request.header("content-length", length);
            }
            let request = request.body(AxumBody::from("x")).unwrap();
            let problem = check(&request, None).err()?;
            serde_json::to_value(problem).unwrap()["status"].as_u64()
        };
        assert_eq!(status("application/json", Some(MAX_BODY)), None);
        assert_eq!(status("application/toml", None), None);
        assert_eq!(status("application/json", Some(MAX_BODY + 1)), Some(413));
        assert_eq!(
            status("application/x-www-form-urlencoded", Some(1)),
            Some(415)
        );
        assert_eq!(status("multipart/form-data", Some(1)), Some(415));
    }
}
