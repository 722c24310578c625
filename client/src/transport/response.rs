//! The parts of a response that have arrived, unverified.

use crate::CapturedResponse;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag, Outcome, ServerTiming, reason};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use std::time::Duration;

/// The maximum size of the buffer allocated before a body arrives, in bytes: a head may declare any length.
const RESERVE_MAX: usize = 1 << 20;

/// The parts of a response that have arrived, unverified. Times count from the start of the run.
#[derive(Clone, Debug)]
pub(crate) struct RawResponse {
    /// When the exchange began: when connecting began, or just before the request was written.
    pub(crate) started: Duration,
    /// When writing the request began, or when connecting began if no connection could be opened.
    pub(crate) sent: Duration,
    /// When the first byte of the response arrived.
    pub(crate) first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub(crate) status: Option<u16>,
    /// The delays and the fault of the response, as the server reports them (`Server-Timing`).
    pub(crate) timing: Option<ServerTiming>,
    /// `Content-Digest`: the digest of the content of this response.
    pub(crate) digest: Option<ContentDigest>,
    /// `Repr-Digest`: the digest of the whole representation, of which the content may be a part.
    pub(crate) repr_digest: Option<ContentDigest>,
    /// The content codings other than `identity`, in the order in which they were applied (RFC 9110 section 8.4).
    pub(crate) content_coding: Option<String>,
    /// Whether a digest cannot be parsed.
    pub(crate) has_malformed_digest: bool,
    /// `Content-Length`.
    pub(crate) length: Option<u64>,
    /// Whether the connection had served another request before.
    pub(crate) reused: bool,
    /// Whether the connection had served another request before, and ended before a byte of this response arrived.
    pub(crate) died_unanswered: bool,
    /// `Location`.
    pub(crate) location: Option<String>,
    /// `Retry-After`, unparsed.
    pub(crate) retry_after: Option<String>,
    /// `ETag`.
    pub(crate) etag: Option<EntityTag>,
    /// `Content-Range`.
    pub(crate) content_range: Option<ContentRange>,
    /// All fields of the head, in a run that captures them.
    pub(crate) fields: Option<Box<HeaderMap>>,
    /// The number of body bytes that arrived.
    pub(crate) bytes: u64,
    /// The bytes of an incomplete body, in a run that resumes.
    pub(crate) partial_body: Option<Bytes>,
    /// The complete body of a response with any status; otherwise the outcome that says why the body is incomplete.
    pub(crate) result: Result<Bytes, Outcome>,
}

impl RawResponse {
    /// What the run captures of a complete response.
    pub(crate) fn take_captured(&mut self) -> Option<Box<CapturedResponse>> {
        let fields = *self.fields.take()?;
        let content = self.result.as_ref().ok()?.clone();
        let status = self.status?;
        Some(Box::new(CapturedResponse {
            status,
            fields,
            content,
        }))
    }

    /// Whether the head decides the outcome, whatever happened to the body: the head is complete and its status is not
    /// 2xx. A cancelled attempt keeps the outcome `Cancelled`.
    pub(crate) fn is_decided_by_head(&self) -> bool {
        self.status
            .is_some_and(|status| !(200..300).contains(&status))
            && self.result != Err(Outcome::Cancelled)
    }

    /// Records how the exchange ended. `received` counts the bytes of the response including heads and framing;
    /// `keeps_partial` retains the bytes of an incomplete body.
    pub(crate) fn finish(
        &mut self,
        result: Result<(), Outcome>,
        body: Bytes,
        received: u64,
        keeps_partial: bool,
    ) {
        self.bytes = body.len() as u64;
        let has_died = received == 0 && result.as_ref().is_err_and(is_death);
        self.died_unanswered = self.reused && has_died;
        self.result = match result {
            Ok(()) => Ok(body),
            Err(outcome) => {
                self.partial_body = Some(body).filter(|body| keeps_partial && !body.is_empty());
                Err(outcome)
            }
        };
    }

    /// Why the body cannot be verified as a flag or metadata; `None` if it can.
    pub(crate) fn body_defect(&self) -> Option<Outcome> {
        let coding = self.content_coding.clone().map(Outcome::ContentCoding);
        coding.or(self.has_malformed_digest.then_some(Outcome::Corrupt))
    }
}

impl Default for RawResponse {
    /// A response of which nothing has arrived.
    fn default() -> RawResponse {
        RawResponse {
            started: Duration::ZERO,
            sent: Duration::ZERO,
            first_byte: None,
            status: None,
            timing: None,
            digest: None,
            repr_digest: None,
            content_coding: None,
            has_malformed_digest: false,
            length: None,
            reused: false,
            died_unanswered: false,
            location: None,
            retry_after: None,
            etag: None,
            content_range: None,
            fields: None,
            bytes: 0,
            partial_body: None,
            result: Err(Outcome::Cancelled),
        }
    }
}

impl RawResponse {
    /// Records the status and the fields of a head that was parsed already.
    pub(crate) fn record_head<B>(&mut self, response: &Response<B>) {
        self.status = Some(response.status().as_u16());
        for (name, value) in response.headers() {
            self.record_field(name.as_str(), value.as_bytes());
        }
        if let Some(fields) = &mut self.fields {
            **fields = response.headers().clone();
        }
    }

    /// Keeps a field, if the run captures them.
    pub(crate) fn capture_field(&mut self, name: &str, value: &[u8]) {
        if let Some(fields) = &mut self.fields
            && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(value)
        {
            fields.append(name, value);
        }
    }

    /// Records a field. Of repeated fields, the first readable field counts.
    pub(crate) fn record_field(&mut self, name: &str, value: &[u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let text = |value: &str| Some(value.to_owned());
        match name.len() {
            4 if is("etag") => set_once(&mut self.etag, value, EntityTag::parse),
            8 if is("location") => set_once(&mut self.location, value, text),
            11 if is("retry-after") => set_once(&mut self.retry_after, value, text),
            11 if is("repr-digest") => {
                self.has_malformed_digest |= set_digest(&mut self.repr_digest, value);
            }
            13 if is("content-range") => {
                set_once(&mut self.content_range, value, ContentRange::parse);
            }
            13 if is("server-timing") => {
                set_once(&mut self.timing, value, ServerTiming::from_header);
            }
            14 if is("content-length") => {
                set_once(&mut self.length, value, |text| text.parse().ok());
            }
            14 if is("content-digest") => {
                self.has_malformed_digest |= set_digest(&mut self.digest, value);
            }
            16 if is("content-encoding") => self.add_content_codings(value),
            _ => {}
        }
    }

    /// Adds the codings of a `Content-Encoding` other than `identity`, in printable ASCII and limited in length.
    fn add_content_codings(&mut self, value: &[u8]) {
        let codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        for coding in codings.filter(|coding| !coding.is_empty()) {
            if !coding.eq_ignore_ascii_case(b"identity") {
                let coding = coding.escape_ascii();
                self.content_coding = Some(match &self.content_coding {
                    Some(before) => reason(&format_args!("{before}, {coding}")),
                    None => reason(&coding),
                });
            }
        }
    }
}

/// Whether the connection ended.
fn is_death(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::EmptyReply | Outcome::ConnectionReset | Outcome::ConnectionError { .. }
    )
}

fn set_once<T>(field: &mut Option<T>, value: &[u8], parse: fn(&str) -> Option<T>) {
    if field.is_none() && value.is_ascii() {
        *field = str::from_utf8(value).ok().and_then(parse);
    }
}

/// Records a digest if none was recorded; returns whether a SHA-256 digest in the field cannot be parsed.
fn set_digest(digest: &mut Option<ContentDigest>, value: &[u8]) -> bool {
    let first = digest.is_none();
    set_once(digest, value, ContentDigest::from_header);
    // Most fields have one digest, which need not be parsed again.
    let is_parsed = first && digest.is_some() && !value.contains(&b',');
    !is_parsed && has_malformed_digest(value)
}

/// Whether a SHA-256 digest in the field cannot be parsed. A field without a SHA-256 digest counts as absent.
fn has_malformed_digest(value: &[u8]) -> bool {
    let value = String::from_utf8_lossy(value);
    value.split(',').any(|member| {
        let key = member.trim().split(['=', ';']).next();
        key == Some("sha-256") && ContentDigest::from_header(member).is_none()
    })
}

/// How many bytes to reserve for a body of this declared length.
pub(crate) fn reserved(length: u64) -> usize {
    usize::try_from(length).map_or(RESERVE_MAX, |length| length.min(RESERVE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_defect(fields: &[(&str, &[u8])]) -> Option<Outcome> {
        let response = fields
            .iter()
            .fold(Response::builder(), |head, (name, value)| {
                head.header(*name, *value)
            });
        let mut raw = RawResponse::default();
        raw.record_head(&response.body(()).unwrap());
        raw.body_defect()
    }

    #[test]
    fn malformed_digest_makes_the_body_unusable() {
        let good = ContentDigest::from_body(b"GIF").to_string();
        for name in ["content-digest", "repr-digest"] {
            for fine in ["", "sha-512=:AAAA:", "md5=:?:", "sha-256-x=1", &good] {
                assert_eq!(body_defect(&[(name, fine.as_bytes())]), None, "{fine}");
            }
            let second = format!("{good}, sha-256=:AAAA:");
            for bad in [
                "sha-256=:AAAA:",
                "sha-256",
                "sha-256=",
                "md5=:AAAA:, sha-256=:?:",
                &second,
            ] {
                let defect = body_defect(&[(name, bad.as_bytes())]);
                assert_eq!(defect, Some(Outcome::Corrupt), "{bad}");
            }
            assert_eq!(
                body_defect(&[(name, b"sha-256=:\xff:")]),
                Some(Outcome::Corrupt)
            );
        }
    }

    #[test]
    fn content_codings_are_named_as_sent_without_control_characters() {
        let coding = |values: &[&'static [u8]]| {
            let fields: Vec<_> = values
                .iter()
                .map(|value| ("content-encoding", *value))
                .collect();
            body_defect(&fields)
        };
        for uncoded in [&b""[..], b"identity", b"Identity, identity", b" , "] {
            assert_eq!(coding(&[uncoded]), None);
        }
        for (values, named) in [
            (&[&b"GZip"[..]][..], "GZip"),
            (&[b"identity, br"], "br"),
            (&[b"gzip,br", b"deflate"], "gzip, br, deflate"),
            (&[b"\xe9\t[31m"], r"\xe9\t[31m"),
        ] {
            assert_eq!(
                coding(values),
                Some(Outcome::ContentCoding(named.to_owned()))
            );
        }
        let Some(Outcome::ContentCoding(long)) = coding(&[&[b'x'; 9000], &[b','; 9000], b"y"])
        else {
            panic!("the body is coded");
        };
        assert!(long.len() < 300, "{}", long.len());
    }

    #[test]
    fn reservation_is_at_most_a_mebibyte() {
        assert_eq!(reserved(11_059), 11_059);
        assert_eq!([1 << 20, 1 << 40, u64::MAX].map(reserved), [RESERVE_MAX; 3]);
    }
}
