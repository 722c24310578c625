//! The files of the live pages, and the fields that keep the pages to themselves.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use flagpole_protocol::ContentDigest;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue};

const HTML: &str = "text/html; charset=utf-8";

macro_rules! assets {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("assets/", $name)))),*] };
}

/// Name and text.
const ASSETS: [(&str, &str); 14] = assets![
    "icon.svg",
    "live.css",
    "feed.js",
    "page.js",
    "format.js",
    "chart.js",
    "wall.js",
    "requests.js",
    "controls.js",
    "listeners.js",
    "serve.js",
    "run.js",
    "load.js",
    "compare.js"
];

/// Documents of other origins cannot read the responses, even without looking at them as a script does.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// The pages of running servers, of a load run and of a comparison.
pub(super) const SERVE_PAGE: &str = include_str!("assets/serve.html");
pub(super) const LOAD_PAGE: &str = include_str!("assets/load.html");
pub(super) const COMPARE_PAGE: &str = include_str!("assets/compare.html");

/// The file with this name.
pub(super) fn find(name: &str) -> Option<Response> {
    let mut assets = ASSETS.iter();
    let (_, text) = assets.find(|(known, _)| *known == name)?;
    let media_type = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    Some(respond(media_type, *text))
}

/// A page, which may use files of the same origin only.
pub(super) fn page(html: &'static str) -> Response {
    let sources = "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'";
    with_policy(respond(HTML, html), sources)
}

/// A document with one inline style and without scripts.
pub(super) fn report(html: impl Into<Body>, style: &str) -> Response {
    let sources = format!("style-src {}", style_source(style));
    with_policy(respond(HTML, html), &sources)
}

/// A body of this media type.
pub(super) fn respond(media_type: &'static str, body: impl Into<Body>) -> Response {
    let fields = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ];
    (fields, body.into()).into_response()
}

/// Allows these sources and no others.
fn with_policy(mut response: Response, sources: &str) -> Response {
    let policy = format!(
        "default-src 'none'; {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).expect("sources are ASCII");
    let fields = response.headers_mut();
    fields.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// The source expression of an inline style (Content Security Policy Level 3, section 2.3.1).
fn style_source(style: &str) -> String {
    let digest = ContentDigest::from_body(style.as_bytes()).to_string();
    let encoded = digest.trim_start_matches("sha-256=").trim_matches(':');
    format!("'sha256-{encoded}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_is_named_by_its_hash() {
        // printf '' | openssl dgst -sha256 -binary | base64
        assert_eq!(
            style_source(""),
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
        );
    }

    #[test]
    fn pages_have_no_inline_script_or_style_and_name_only_files_that_exist() {
        for page in [SERVE_PAGE, LOAD_PAGE, COMPARE_PAGE] {
            assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"));
            for name in page.split("/live/").skip(1) {
                let name = name.split('"').next().unwrap();
                assert!(find(name).is_some(), "{name}");
            }
        }
        for (name, text) in ASSETS {
            assert!(!text.contains("innerHTML"), "{name}");
            for import in text.split(" from \"./").skip(1) {
                let import = import.split('"').next().unwrap();
                assert!(find(import).is_some(), "{name}: {import}");
            }
        }
    }
}
