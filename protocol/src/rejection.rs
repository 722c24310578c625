//! Rejections by a server's limits. A rejection is no part of a fate, because a rejection depends on other requests.

/// Which limit of the server rejected a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rejection {
    /// The concurrency limit, with a full queue: 503.
    ConcurrencyLimit,
    /// The rate limit: 429.
    RateLimit,
}

impl Rejection {
    /// Every limit.
    pub const ALL: [Rejection; 2] = [Rejection::ConcurrencyLimit, Rejection::RateLimit];

    /// The label: the `fault` in `Server-Timing` and the cause in ledger and journal.
    pub const fn label(self) -> &'static str {
        match self {
            Rejection::ConcurrencyLimit => "concurrency limit",
            Rejection::RateLimit => "rate limit",
        }
    }

    /// The limit with this label.
    pub fn from_label(label: &str) -> Option<Rejection> {
        Rejection::ALL
            .into_iter()
            .find(|rejection| rejection.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_found_by_its_label() {
        for rejection in Rejection::ALL {
            assert_eq!(Rejection::from_label(rejection.label()), Some(rejection));
        }
        assert_eq!(Rejection::from_label("404"), None);
    }
}
