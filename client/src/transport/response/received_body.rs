//! Collects the bytes of a body while they arrive.

use bytes::{Bytes, BytesMut};

/// The maximum size of the buffer allocated before a body arrives, in bytes: a head may declare any length.
const RESERVE_MAX: usize = 1 << 20;

/// How many bytes to reserve for a body of this declared length.
pub(crate) fn reserved(length: u64) -> usize {
    usize::try_from(length).map_or(RESERVE_MAX, |length| length.min(RESERVE_MAX))
}

/// The bytes of a body that have arrived.
#[derive(Default)]
pub(crate) struct ReceivedBody {
    /// The number of bytes that have arrived.
    pub(crate) bytes: u64,
    /// A copy of the bytes, for a run that resumes incomplete bodies; otherwise `None`.
    pub(crate) partial: Option<BytesMut>,
}

impl ReceivedBody {
    pub(crate) fn new(keep_partial: bool) -> ReceivedBody {
        ReceivedBody {
            bytes: 0,
            partial: keep_partial.then(BytesMut::new),
        }
    }

    /// The bytes of a body that is incomplete because the exchange failed.
    pub(crate) fn into_partial<T, E>(self, result: &Result<T, E>) -> Option<Bytes> {
        let partial = self
            .partial
            .filter(|partial| result.is_err() && !partial.is_empty());
        partial.map(BytesMut::freeze)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservation_is_at_most_a_mebibyte() {
        assert_eq!(reserved(11_059), 11_059);
        assert_eq!([1 << 20, 1 << 40, u64::MAX].map(reserved), [RESERVE_MAX; 3]);
    }
}
