//! The media types of profiles: JSON and TOML.

use super::problem::Problem;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode};

/// A media type that the control plane reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    Json,
    /// A JSON Merge Patch, which is JSON.
    MergePatch,
    Toml,
}

impl MediaType {
    const ALL: [MediaType; 3] = [MediaType::Json, MediaType::MergePatch, MediaType::Toml];

    pub(super) const fn name(self) -> &'static str {
        match self {
            MediaType::Json => "application/json",
            MediaType::MergePatch => "application/merge-patch+json",
            MediaType::Toml => "application/toml",
        }
    }

    /// The media type of the body of a request. A form of another site can send neither of these without a preflight
    /// request, which fails (no CORS).
    pub(super) fn from_request(fields: &HeaderMap) -> Result<MediaType, Problem> {
        let given = text(fields, &CONTENT_TYPE);
        let essence = given.split(';').next().unwrap_or_default().trim();
        let known = MediaType::ALL.into_iter();
        let mut found = known.filter(|known| known.name().eq_ignore_ascii_case(essence));
        found.next().ok_or_else(|| {
            let detail = format!(
                "expected a body with `Content-Type: application/json` or `application/toml`, got `{given}`"
            );
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
        })
    }

    /// What a response should be: TOML if only that is accepted by name, otherwise JSON.
    pub(super) fn for_response(fields: &HeaderMap) -> MediaType {
        let accepted = text(fields, &ACCEPT).to_ascii_lowercase();
        let names = |wanted: MediaType| accepted.contains(wanted.name());
        if names(MediaType::Toml) && !names(MediaType::Json) {
            MediaType::Toml
        } else {
            MediaType::Json
        }
    }
}

/// All values of a field.
fn text(fields: &HeaderMap, name: &HeaderName) -> String {
    let values = fields.get_all(name).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn fields(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_json_and_toml_are_read() {
        let from = |value| MediaType::from_request(&fields(CONTENT_TYPE, value)).ok();
        assert_eq!(
            from("Application/JSON; charset=utf-8"),
            Some(MediaType::Json)
        );
        assert_eq!(from("application/toml"), Some(MediaType::Toml));
        for form in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "text/plain",
            "",
        ] {
            assert_eq!(from(form), None, "{form}");
        }
        assert!(MediaType::from_request(&HeaderMap::new()).is_err());
    }

    #[test]
    fn toml_is_sent_only_if_it_is_asked_for() {
        for (accept, expected) in [
            ("application/toml", MediaType::Toml),
            ("text/plain, Application/TOML;q=0.5", MediaType::Toml),
            ("application/json, application/toml", MediaType::Json),
            ("*/*", MediaType::Json),
        ] {
            assert_eq!(MediaType::for_response(&fields(ACCEPT, accept)), expected);
        }
    }
}
