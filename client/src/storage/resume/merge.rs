//! The start of a body and its rest, put together; whatever the server says, never to a wrong whole.

use crate::storage::gif;
use crate::storage::resume::PartialBody;
use bytes::Bytes;
use flagpole_protocol::ContentDigest;
use flagpole_protocol::ContentRange;
use flagpole_protocol::StrongETag;

/// The head of an answer, as far as joining depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartialResponse<'a> {
    /// The status.
    pub status: u16,
    /// The value of `ETag`.
    pub etag: Option<&'a str>,
    /// The value of `Content-Range`.
    pub content_range: Option<&'a str>,
    /// The digest of the whole, from `Repr-Digest` (RFC 9530 section 3). A 206's `Content-Digest` is
    /// that of the rest alone, and is no concern of joining.
    pub repr_digest: Option<ContentDigest>,
}

/// Why a body is not the rest that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is not an answer with content of this resource, for example 503.
    #[error("status {0} brings no rest of a body")]
    Status(u16),
    /// 416: the server has nothing from that place on.
    #[error("the server has no such range")]
    Unsatisfiable,
    /// A part of another version, or one that does not say of which version it is.
    #[error("the rest belongs to another version")]
    Version,
    /// It is not the range that was asked for, or its length is not that of its range.
    #[error("the rest does not begin where the first part ends, or has not the length it claims")]
    Range,
    /// The whole would be longer than is allowed.
    #[error("the whole body is too large")]
    TooLarge,
    /// It fits, and bytes are still missing: here is what there is now.
    #[error("bytes are still missing")]
    Incomplete(PartialBody),
    /// The whole does not have its digest.
    #[error("the joined body does not match its digest")]
    Corrupt,
    /// Nobody gave a digest, and what was joined is no whole GIF, thus not the flag that it should be.
    #[error("nothing proves that the joined body is a whole one")]
    Unproven,
}

impl MergeError {
    /// Whether the partial body is of no more use, so that the next attempt is to begin anew. After
    /// a status such as 503 it is as good as before.
    pub fn is_spoilt(&self) -> bool {
        match self {
            MergeError::Status(_) | MergeError::Incomplete(_) => false,
            MergeError::Unsatisfiable
            | MergeError::Version
            | MergeError::Range
            | MergeError::TooLarge
            | MergeError::Corrupt
            | MergeError::Unproven => true,
        }
    }
}

impl PartialBody {
    /// The whole body, given the whole answer to a request for the rest. It has the length and the
    /// digest that the server gave with the first part or with this one; `limit` is the most bytes
    /// it may have. Where it gave no digest, the whole is a GIF at least. The body of a 200 is the whole by itself and is returned as it is, to be
    /// verified as any other.
    ///
    /// # Errors
    /// If the answer is not the rest of this body.
    pub fn join(
        &self,
        answer: &PartialResponse<'_>,
        body: Bytes,
        limit: usize,
    ) -> Result<Bytes, MergeError> {
        match answer.status {
            200 => Ok(body),
            416 => Err(MergeError::Unsatisfiable),
            206 if self.range(answer)?.len() != body.len() as u64 => Err(MergeError::Range),
            206 => self.extended(answer, &body, limit)?.finished(),
            other => Err(MergeError::Status(other)),
        }
    }

    /// What there is now, the answer for the rest having broken off as well.
    ///
    /// # Errors
    /// If the answer is not a 206 with the rest of this body.
    pub fn extended(
        &self,
        answer: &PartialResponse<'_>,
        body: &[u8],
        limit: usize,
    ) -> Result<PartialBody, MergeError> {
        if answer.status != 206 {
            return Err(MergeError::Status(answer.status));
        }
        let range = self.range(answer)?;
        let whole = range.whole.or(self.whole).ok_or(MergeError::Range)?;
        if body.len() as u64 > range.len() {
            return Err(MergeError::Range);
        }
        if whole > limit as u64 {
            return Err(MergeError::TooLarge);
        }
        Ok(PartialBody {
            etag: self.etag.clone(),
            whole: Some(whole),
            digest: self.digest.or(answer.repr_digest),
            body: [&self.body, body].concat().into(),
        })
    }

    /// The range of a 206, if it is of this version (RFC 9110 section 15.3.7.3: only parts with the
    /// same strong validator may be combined) and goes on where we ended.
    fn range(&self, answer: &PartialResponse<'_>) -> Result<ContentRange, MergeError> {
        let is_same_version = answer.etag.and_then(StrongETag::strong).as_ref() == Some(&self.etag);
        let digests = self.digest.zip(answer.repr_digest);
        if !is_same_version || digests.is_some_and(|(kept, given)| kept != given) {
            return Err(MergeError::Version);
        }
        let range = answer.content_range.and_then(ContentRange::parse);
        let range = range.ok_or(MergeError::Range)?;
        let whole = range.whole.or(self.whole);
        let is_whole_kept = self.whole.is_none_or(|kept| whole == Some(kept));
        let is_inside = whole.is_none_or(|whole| range.end <= whole);
        let fits = range.start == self.length() && is_whole_kept && is_inside;
        fits.then_some(range).ok_or(MergeError::Range)
    }

    /// The bytes, if all are there and they have their digest; without one, if they are as good as a body
    /// that came at once would have to be.
    fn finished(self) -> Result<Bytes, MergeError> {
        if self.whole != Some(self.length()) {
            return Err(MergeError::Incomplete(self));
        }
        match self.digest {
            Some(digest) if ContentDigest::of(&self.body) == digest => Ok(self.body),
            Some(_) => Err(MergeError::Corrupt),
            None if gif::is_whole(&self.body) => Ok(self.body),
            None => Err(MergeError::Unproven),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::gif::tests::SMALLEST;
    use proptest::prelude::*;

    const WHOLE: &[u8] = b"0123456789";
    const LIMIT: usize = 100;

    fn partial(have: usize) -> PartialBody {
        let body = Bytes::from_static(&WHOLE[..have]);
        PartialBody::from_response("\"v1\"", Some(10), Some(ContentDigest::of(WHOLE)), body)
            .unwrap()
    }

    fn answer(content_range: &str) -> PartialResponse<'_> {
        PartialResponse {
            status: 206,
            etag: Some("\"v1\""),
            content_range: Some(content_range),
            repr_digest: None,
        }
    }

    fn join(have: usize, answer: &PartialResponse<'_>, body: &[u8]) -> Result<Bytes, MergeError> {
        partial(have).join(answer, Bytes::copy_from_slice(body), LIMIT)
    }

    #[test]
    fn a_rest_that_fits_makes_the_whole() {
        for range in ["bytes 4-9/10", "bytes 4-9/*"] {
            assert_eq!(join(4, &answer(range), b"456789").unwrap(), WHOLE);
        }
    }

    #[test]
    fn another_version_comes_whole() {
        let other = PartialResponse {
            status: 200,
            ..PartialResponse::default()
        };
        assert_eq!(join(4, &other, b"new").unwrap(), "new");
    }

    #[test]
    fn a_rest_in_two_pieces_grows_the_part_first() {
        let first = join(4, &answer("bytes 4-5/10"), b"45").unwrap_err();
        let MergeError::Incomplete(longer) = first else {
            panic!("{first}");
        };
        assert_eq!((longer.body(), longer.whole()), (&WHOLE[..6], Some(10)));
        let rest = Bytes::from_static(b"6789");
        assert_eq!(
            longer.join(&answer("bytes 6-9/10"), rest, LIMIT).unwrap(),
            WHOLE
        );
    }

    #[test]
    fn a_rest_that_breaks_off_grows_the_part() {
        let longer = partial(4).extended(&answer("bytes 4-9/10"), b"45", LIMIT);
        assert_eq!(longer.unwrap(), partial(6));
        let too_much = partial(4).extended(&answer("bytes 4-5/10"), b"456", LIMIT);
        assert_eq!(too_much, Err(MergeError::Range));
        let whole = PartialResponse {
            status: 200,
            ..answer("bytes 4-9/10")
        };
        let not_a_rest = partial(4).extended(&whole, b"45", LIMIT);
        assert_eq!(not_a_rest, Err(MergeError::Status(200)));
    }

    #[test]
    fn a_server_that_lies_about_the_range_is_refused() {
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
                join(4, &answer(range), body),
                Err(MergeError::Range),
                "{range}"
            );
        }
        let silent = PartialResponse {
            content_range: None,
            ..answer("")
        };
        assert_eq!(join(4, &silent, b"456789"), Err(MergeError::Range));
    }

    #[test]
    fn parts_of_two_versions_are_never_joined() {
        let good = answer("bytes 4-9/10");
        for etag in [None, Some("\"v2\""), Some("W/\"v1\""), Some("v1")] {
            assert_eq!(
                join(4, &PartialResponse { etag, ..good }, b"456789"),
                Err(MergeError::Version)
            );
        }
        let repr_digest = Some(ContentDigest::of(b"other"));
        let other = PartialResponse {
            repr_digest,
            ..good
        };
        assert_eq!(join(4, &other, b"456789"), Err(MergeError::Version));
        assert_eq!(join(4, &good, b"45678x"), Err(MergeError::Corrupt));
    }

    #[test]
    fn a_digest_that_comes_with_the_rest_alone_is_checked_too() {
        let body = Bytes::from_static(b"0123");
        let undigested = PartialBody::from_response("\"v1\"", None, None, body).unwrap();
        let with = |digest: ContentDigest, body: &'static [u8]| {
            let answer = PartialResponse {
                repr_digest: Some(digest),
                ..answer("bytes 4-9/10")
            };
            undigested.join(&answer, Bytes::from_static(body), LIMIT)
        };
        assert_eq!(with(ContentDigest::of(WHOLE), b"456789").unwrap(), WHOLE);
        assert_eq!(
            with(ContentDigest::of(WHOLE), b"45678x"),
            Err(MergeError::Corrupt)
        );
        let nobody = undigested.join(
            &answer("bytes 4-9/10"),
            Bytes::from_static(b"456789"),
            LIMIT,
        );
        assert_eq!(nobody, Err(MergeError::Unproven));
        assert!(MergeError::Unproven.is_spoilt());
        let unknown = answer("bytes 4-9/*");
        let rest = Bytes::from_static(b"456789");
        assert_eq!(
            undigested.join(&unknown, rest, LIMIT),
            Err(MergeError::Range)
        );
    }

    #[test]
    fn a_whole_over_the_limit_is_refused_and_a_status_leaves_the_part_alone() {
        let rest = Bytes::from_static(b"456789");
        let too_large = partial(4).join(&answer("bytes 4-9/10"), rest, 9);
        assert_eq!(too_large, Err(MergeError::TooLarge));
        for (status, refusal, is_spoilt) in [
            (416, MergeError::Unsatisfiable, true),
            (503, MergeError::Status(503), false),
            (304, MergeError::Status(304), false),
        ] {
            let answer = PartialResponse {
                status,
                ..answer("bytes 4-9/10")
            };
            assert_eq!(join(4, &answer, b""), Err(refusal.clone()));
            assert_eq!(refusal.is_spoilt(), is_spoilt);
        }
    }

    proptest! {
        /// A digest is not needed for a part to be refused that lies in its range.
        #[test]
        fn whatever_the_server_says_the_whole_is_right_or_refused(
            have in 1_usize..29,
            from in prop::option::of(0_usize..=29),
            (first, last) in (prop::option::of(0_u64..31), 26_u64..31),
            whole in prop::option::of(28_u64..31),
            to in 26_usize..=29,
            knows_whole: bool,
        ) {
            const WHOLE: &[u8] = SMALLEST;
            let (from, first) = (from.unwrap_or(have), first.unwrap_or(have as u64));
            let body = Bytes::from_static(&WHOLE[..have]);
            let known = knows_whole.then_some(29);
            let partial = PartialBody::from_response("\"v1\"", known, None, body).unwrap();
            let total = whole.map_or("*".to_owned(), |whole| whole.to_string());
            let range = format!("bytes {first}-{last}/{total}");
            let sent = Bytes::from_static(&WHOLE[from.min(to)..to]);
            let is_true = sent == WHOLE[have..] && first == have as u64 && last == 28;
            match partial.join(&answer(&range), sent.clone(), LIMIT) {
                Ok(joined) => {
                    prop_assert_eq!(joined.len() as u64, known.or(whole).unwrap());
                    prop_assert_eq!(first, have as u64);
                    prop_assert_eq!(joined, [&WHOLE[..have], &sent].concat());
                }
                Err(MergeError::Incomplete(longer)) => {
                    prop_assert_eq!(longer.body(), [&WHOLE[..have], &sent].concat());
                    prop_assert!(longer.whole().unwrap() > longer.length());
                }
                Err(_) => prop_assert!(!(is_true && (whole == Some(29) || (whole.is_none() && knows_whole)))),
            }
        }

        #[test]
        fn with_a_digest_no_byte_can_be_wrong(have in 1_usize..10, lie: Vec<u8>, range in "bytes [0-9]-9/10") {
            if let Ok(joined) = join(have, &answer(&range), &lie) {
                prop_assert_eq!(joined, WHOLE);
            }
            let honest = format!("bytes {have}-9/10");
            prop_assert_eq!(join(have, &answer(&honest), &WHOLE[have..]).unwrap(), WHOLE);
        }
    }
}
