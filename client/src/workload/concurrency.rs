//! The maximum number of requests in flight.

use std::str::FromStr;

/// A concurrency from 1 to 1000.
#[derive(Clone, Copy, Debug, derive_more::Display, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concurrency(usize);

/// The text is not a number from 1 to 1000.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a concurrency of 1 to {max}, such as `30`, got `{0}`", max = Concurrency::MAX)]
pub struct ConcurrencyError(String);

impl Concurrency {
    /// One request at a time.
    pub const ONE: Concurrency = Concurrency(1);
    /// The maximum that the article's programs allow.
    pub const MAX: Concurrency = Concurrency(1000);

    /// A concurrency of `count`.
    ///
    /// # Errors
    /// If `count` is 0 or more than [`Concurrency::MAX`].
    pub fn new(count: usize) -> Result<Concurrency, ConcurrencyError> {
        let valid = (1..=Concurrency::MAX.0).contains(&count);
        let concurrency = valid.then_some(Concurrency(count));
        concurrency.ok_or_else(|| ConcurrencyError(count.to_string()))
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }

    /// A constant concurrency, for the default of a strategy.
    ///
    /// # Panics
    /// If `count` is 0 or more than [`Concurrency::MAX`].
    pub(crate) const fn literal(count: usize) -> Concurrency {
        assert!(1 <= count && count <= Concurrency::MAX.0);
        Concurrency(count)
    }
}

impl FromStr for Concurrency {
    type Err = ConcurrencyError;

    fn from_str(text: &str) -> Result<Concurrency, ConcurrencyError> {
        let count = text.parse().ok();
        let concurrency = count.and_then(|count| Concurrency::new(count).ok());
        concurrency.ok_or_else(|| ConcurrencyError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_1_to_1000_is_accepted() {
        for good in ["1", "30", "1000"] {
            assert_eq!(good.parse::<Concurrency>().unwrap().to_string(), good);
        }
        for bad in ["0", "1001", "-1", "many", "", "99999999999999999999999"] {
            let error = bad.parse::<Concurrency>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("expected a concurrency of 1 to 1000, such as `30`, got `{bad}`")
            );
        }
        assert_eq!(
            Concurrency::new(0).unwrap_err(),
            "0".parse::<Concurrency>().unwrap_err()
        );
    }
}
