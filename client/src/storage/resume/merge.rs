//! Merges a partial body with the rest in a 206. Only a verified complete body is returned.

use super::merge_error::MergeError;
use super::partial_body::PartialBody;
use crate::storage::verify::gif;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag};

/// The fields of a response that matter for merging.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartialResponse<'a> {
    /// The status.
    pub status: u16,
    /// `ETag`.
    pub etag: Option<&'a str>,
    /// `Content-Range`.
    pub content_range: Option<&'a str>,
    /// The digest of the whole representation, from `Repr-Digest` (RFC 9530 section 3). The
    /// `Content-Digest` of a 206 is the digest of the part alone.
    pub repr_digest: Option<ContentDigest>,
}

impl PartialBody {
    /// The complete body, given the complete response to a request for the rest. The complete body must have the length
    /// and the digest that the server gave with the first part or with the rest; without a digest it must be a complete
    /// GIF. `limit` is the maximum length of the complete body, in bytes. The body of a 200 is returned unchanged and
    /// unverified.
    ///
    /// # Errors
    /// If the response does not continue this body.
    pub fn merge(
        &self,
        response: &PartialResponse<'_>,
        body: Bytes,
        limit: usize,
    ) -> Result<Bytes, MergeError> {
        match response.status {
            200 => Ok(body),
            416 => Err(MergeError::Unsatisfiable),
            206 if self.range(response)?.length() != body.len() as u64 => Err(MergeError::Range),
            206 => verify(self.extend(response, &body, limit)?),
            other => Err(MergeError::Status(other)),
        }
    }

    /// The longer partial body, given an incomplete response to a request for the rest.
    ///
    /// # Errors
    /// If the response is not a 206 that continues this body.
    pub fn extend(
        &self,
        response: &PartialResponse<'_>,
        body: &[u8],
        limit: usize,
    ) -> Result<PartialBody, MergeError> {
        if response.status != 206 {
            return Err(MergeError::Status(response.status));
        }
        let range = self.range(response)?;
        let whole = range
            .whole
            .or(self.complete_length())
            .ok_or(MergeError::Range)?;
        if body.len() as u64 > range.length() {
            return Err(MergeError::Range);
        }
        if whole > limit as u64 {
            return Err(MergeError::TooLarge);
        }
        Ok(self.append(whole, response.repr_digest, body))
    }

    /// The range of a 206, if the 206 is of the same version (RFC 9110 section 15.3.7.3: only parts with the same strong
    /// validator may be combined) and starts where this body ends.
    fn range(&self, response: &PartialResponse<'_>) -> Result<ContentRange, MergeError> {
        let etag = response.etag.and_then(EntityTag::parse_strong);
        let digests = self.digest().zip(response.repr_digest);
        let is_same_digest = digests.is_none_or(|(known, given)| known == given);
        if etag.as_ref() != Some(self.etag()) || !is_same_digest {
            return Err(MergeError::Version);
        }
        let range = response.content_range.and_then(ContentRange::parse);
        let range = range.ok_or(MergeError::Range)?;
        let whole = range.whole.or(self.complete_length());
        let is_same_length = self
            .complete_length()
            .is_none_or(|known| whole == Some(known));
        let is_inside = whole.is_none_or(|whole| range.end <= whole);
        let fits = range.start == self.length() && is_same_length && is_inside;
        fits.then_some(range).ok_or(MergeError::Range)
    }
}

/// The bytes of a body that is complete and has its digest; without a digest, of a complete GIF.
fn verify(merged: PartialBody) -> Result<Bytes, MergeError> {
    if merged.complete_length() != Some(merged.length()) {
        return Err(MergeError::Incomplete(merged));
    }
    match merged.digest() {
        Some(digest) if ContentDigest::from_body(merged.body()) == digest => Ok(merged.into_body()),
        Some(_) => Err(MergeError::Corrupt),
        None if gif::is_complete(merged.body()) => Ok(merged.into_body()),
        None => Err(MergeError::Unverifiable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::verify::gif::tests::SMALLEST;
    use proptest::prelude::*;

    const WHOLE: &[u8] = b"0123456789";
    const LIMIT: usize = 100;

    fn partial(length: usize) -> PartialBody {
        let body = Bytes::from_static(&WHOLE[..length]);
        PartialBody::from_response(
            "\"v1\"",
            Some(10),
            Some(ContentDigest::from_body(WHOLE)),
            body,
        )
        .unwrap()
    }

    fn response(content_range: &str) -> PartialResponse<'_> {
        PartialResponse {
            status: 206,
            etag: Some("\"v1\""),
            content_range: Some(content_range),
            repr_digest: None,
        }
    }

    fn merge(
        length: usize,
        response: &PartialResponse<'_>,
        body: &[u8],
    ) -> Result<Bytes, MergeError> {
        partial(length).merge(response, Bytes::copy_from_slice(body), LIMIT)
    }

    #[test]
    fn matching_range_completes_the_body() {
        for range in ["bytes 4-9/10", "bytes 4-9/*"] {
            assert_eq!(merge(4, &response(range), b"456789").unwrap(), WHOLE);
        }
    }

    #[test]
    fn status_200_replaces_the_partial_body() {
        let other = PartialResponse {
            status: 200,
            ..PartialResponse::default()
        };
        assert_eq!(merge(4, &other, b"new").unwrap(), "new");
    }

    #[test]
    fn shorter_range_extends_the_partial_body() {
        let first = merge(4, &response("bytes 4-5/10"), b"45").unwrap_err();
        let MergeError::Incomplete(longer) = first else {
            panic!("{first}");
        };
        assert_eq!(
            (longer.body(), longer.complete_length()),
            (&WHOLE[..6], Some(10))
        );
        let rest = Bytes::from_static(b"6789");
        assert_eq!(
            longer
                .merge(&response("bytes 6-9/10"), rest, LIMIT)
                .unwrap(),
            WHOLE
        );
    }

    #[test]
    fn incomplete_range_extends_the_partial_body() {
        let longer = partial(4).extend(&response("bytes 4-9/10"), b"45", LIMIT);
        assert_eq!(longer.unwrap(), partial(6));
        let too_long = partial(4).extend(&response("bytes 4-5/10"), b"456", LIMIT);
        assert_eq!(too_long, Err(MergeError::Range));
        let whole = PartialResponse {
            status: 200,
            ..response("bytes 4-9/10")
        };
        let not_partial = partial(4).extend(&whole, b"45", LIMIT);
        assert_eq!(not_partial, Err(MergeError::Status(200)));
    }

    #[test]
    fn wrong_ranges_are_rejected() {
        for (range, body) in [
            ("bytes 0-9/10", WHOLE),
            ("bytes 3-9/10", b"3456789"),
            ("bytes 5-9/10", b"56789"),
            ("bytes 4-9/11", b"456789"),
            ("bytes 4-10/11", b"456789x"),
            ("bytes 4-10/*", b"456789x"),
            ("bytes 4-9/10", b"45678"),
            ("bytes 4-9/10", b"456789x"),
            ("bytes */10", b"456789"),
            ("nonsense", b"456789"),
        ] {
            assert_eq!(
                merge(4, &response(range), body),
                Err(MergeError::Range),
                "{range}"
            );
        }
        let missing = PartialResponse {
            content_range: None,
            ..response("")
        };
        assert_eq!(merge(4, &missing, b"456789"), Err(MergeError::Range));
    }

    #[test]
    fn parts_of_two_versions_are_never_merged() {
        let good = response("bytes 4-9/10");
        for etag in [None, Some("\"v2\""), Some("W/\"v1\""), Some("v1")] {
            assert_eq!(
                merge(4, &PartialResponse { etag, ..good }, b"456789"),
                Err(MergeError::Version)
            );
        }
        let repr_digest = Some(ContentDigest::from_body(b"other"));
        let other = PartialResponse {
            repr_digest,
            ..good
        };
        assert_eq!(merge(4, &other, b"456789"), Err(MergeError::Version));
        assert_eq!(merge(4, &good, b"45678x"), Err(MergeError::Corrupt));
    }

    #[test]
    fn digest_of_the_second_response_is_checked() {
        let body = Bytes::from_static(b"0123");
        let undigested = PartialBody::from_response("\"v1\"", None, None, body).unwrap();
        let with = |digest: ContentDigest, body: &'static [u8]| {
            let response = PartialResponse {
                repr_digest: Some(digest),
                ..response("bytes 4-9/10")
            };
            undigested.merge(&response, Bytes::from_static(body), LIMIT)
        };
        assert_eq!(
            with(ContentDigest::from_body(WHOLE), b"456789").unwrap(),
            WHOLE
        );
        assert_eq!(
            with(ContentDigest::from_body(WHOLE), b"45678x"),
            Err(MergeError::Corrupt)
        );
        let unverifiable = undigested.merge(
            &response("bytes 4-9/10"),
            Bytes::from_static(b"456789"),
            LIMIT,
        );
        assert_eq!(unverifiable, Err(MergeError::Unverifiable));
        assert!(MergeError::Unverifiable.must_restart());
        let unknown = response("bytes 4-9/*");
        let rest = Bytes::from_static(b"456789");
        assert_eq!(
            undigested.merge(&unknown, rest, LIMIT),
            Err(MergeError::Range)
        );
    }

    #[test]
    fn limit_is_enforced_and_error_statuses_keep_the_partial_body() {
        let rest = Bytes::from_static(b"456789");
        let too_large = partial(4).merge(&response("bytes 4-9/10"), rest, 9);
        assert_eq!(too_large, Err(MergeError::TooLarge));
        for (status, expected, must_restart) in [
            (416, MergeError::Unsatisfiable, true),
            (503, MergeError::Status(503), false),
            (304, MergeError::Status(304), false),
        ] {
            let response = PartialResponse {
                status,
                ..response("bytes 4-9/10")
            };
            assert_eq!(merge(4, &response, b""), Err(expected.clone()));
            assert_eq!(expected.must_restart(), must_restart);
        }
    }

    proptest! {
        #[test]
        fn merged_body_is_correct_or_rejected_for_any_range(
            length in 1_usize..29,
            from in prop::option::of(0_usize..=29),
            (first, last) in (prop::option::of(0_u64..31), 26_u64..31),
            whole in prop::option::of(28_u64..31),
            to in 26_usize..=29,
            knows_whole: bool,
        ) {
            const WHOLE: &[u8] = SMALLEST;
            let (from, first) = (from.unwrap_or(length), first.unwrap_or(length as u64));
            let body = Bytes::from_static(&WHOLE[..length]);
            let known = knows_whole.then_some(29);
            let partial = PartialBody::from_response("\"v1\"", known, None, body).unwrap();
            let total = whole.map_or("*".to_owned(), |whole| whole.to_string());
            let range = format!("bytes {first}-{last}/{total}");
            let sent = Bytes::from_static(&WHOLE[from.min(to)..to]);
            let is_true = sent == WHOLE[length..] && first == length as u64 && last == 28;
            match partial.merge(&response(&range), sent.clone(), LIMIT) {
                Ok(merged) => {
                    prop_assert_eq!(merged.len() as u64, known.or(whole).unwrap());
                    prop_assert_eq!(first, length as u64);
                    prop_assert_eq!(merged, [&WHOLE[..length], &sent].concat());
                }
                Err(MergeError::Incomplete(longer)) => {
                    prop_assert_eq!(longer.body(), [&WHOLE[..length], &sent].concat());
                    prop_assert!(longer.complete_length().unwrap() > longer.length());
                }
                Err(_) => prop_assert!(!(is_true && (whole == Some(29) || (whole.is_none() && knows_whole)))),
            }
        }

        #[test]
        fn digest_excludes_wrong_bytes(length in 1_usize..10, lie: Vec<u8>, range in "bytes [0-9]-9/10") {
            if let Ok(merged) = merge(length, &response(&range), &lie) {
                prop_assert_eq!(merged, WHOLE);
            }
            let honest = format!("bytes {length}-9/10");
            prop_assert_eq!(merge(length, &response(&honest), &WHOLE[length..]).unwrap(), WHOLE);
        }
    }
}
