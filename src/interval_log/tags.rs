//! The tags of histograms. No tag, `service` and `failed` are those of earlier versions and for other tools; what they say is in
//! the others as well, so that statistics can be rebuilt.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Service times of successes and of unfinished requests; without a tag are their response times.
pub(super) const SERVICE: &str = "service";
/// Response times of failures.
pub(super) const FAILED: &str = "failed";

/// How late the client started attempts.
pub(super) const LATENESS: &str = "lateness";
/// The parts of the response times of successes, in the order of `ResponseTimeParts`.
pub(super) const PARTS: [&str; 4] = ["part:wait", "part:connect", "part:first_byte", "part:body"];

const RESPONSE_OF: &str = "response:";
const SERVICE_OF: &str = "service:";
const ENDPOINT: &str = "endpoint:";
/// What the tags of the warm-up begin with.
pub(super) const WARM_UP: &str = "warm_up:";

/// What has a meaning in a log or in a tag: tags end at a comma, and have no space.
const SPECIAL: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'%').add(b'"');
/// The method of an endpoint ends at `_`.
const SPECIAL_IN_METHOD: &AsciiSet = &SPECIAL.add(b'_');

/// Whether the histograms of this tag are in those without a tag, `service` or `failed` as well, or are no times of requests.
pub(super) fn is_part_of_sums(tag: &str) -> bool {
    let starts = [RESPONSE_OF, SERVICE_OF, ENDPOINT, WARM_UP];
    let is_part = starts.iter().any(|start| tag.starts_with(start));
    is_part || tag == LATENESS || PARTS.contains(&tag)
}

/// The tag of the response times of an outcome.
pub(super) fn response_of(label: &str) -> String {
    format!("{RESPONSE_OF}{}", utf8_percent_encode(label, SPECIAL))
}

/// The tag of the service times of an outcome.
pub(super) fn service_of(label: &str) -> String {
    format!("{SERVICE_OF}{}", utf8_percent_encode(label, SPECIAL))
}

/// The tag of the response times, those of failures included, of the requests of this method and name: `endpoint:GET_/a`.
pub(super) fn endpoint(method: &str, name: &str) -> String {
    let method = utf8_percent_encode(method, SPECIAL_IN_METHOD);
    format!("{ENDPOINT}{method}_{}", utf8_percent_encode(name, SPECIAL))
}

/// The method and the name of an endpoint's tag; `None` for another one.
pub(super) fn endpoint_of(tag: &str) -> Option<(String, String)> {
    let (method, name) = tag.strip_prefix(ENDPOINT)?.split_once('_')?;
    let text = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((text(method), text(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::interval_log::Tag;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn endpoint_of_any_name_has_a_valid_tag(method in any::<String>(), name in any::<String>()) {
            let tag = endpoint(&method, &name);
            prop_assert!(Tag::new(&tag).is_some() && !tag.contains('"'));
            prop_assert_eq!(endpoint_of(&tag), Some((method, name)));
        }
    }

    #[test]
    fn usual_names_stay_readable() {
        assert_eq!(endpoint("GET", "/a b?c=1"), "endpoint:GET_/a%20b?c=1");
        assert_eq!(response_of("http_503"), "response:http_503");
    }
}
