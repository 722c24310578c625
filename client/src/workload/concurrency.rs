//! How many downloads may be in flight at once: checked once, here.

use std::fmt;
use std::str::FromStr;

/// A concurrency of 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lanes(usize);

/// The concurrency is not a number, or not one of 1 to 1000.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a concurrency of 1 to {max}, such as `30`, got `{0}`", max = Lanes::MAX)]
pub struct LanesError(String);

impl Lanes {
    /// One download after the other.
    pub const ONE: Lanes = Lanes(1);
    /// As many as the article allows.
    pub const MAX: Lanes = Lanes(1000);

    /// A concurrency of `count`.
    ///
    /// # Errors
    /// If it is 0 or more than [`Lanes::MAX`].
    pub fn new(count: usize) -> Result<Lanes, LanesError> {
        if (1..=Lanes::MAX.0).contains(&count) {
            Ok(Lanes(count))
        } else {
            Err(LanesError(count.to_string()))
        }
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }

    /// A default that a strategy states in its source.
    pub(crate) const fn literal(count: usize) -> Lanes {
        assert!(1 <= count && count <= Lanes::MAX.0);
        Lanes(count)
    }
}

impl FromStr for Lanes {
    type Err = LanesError;

    fn from_str(text: &str) -> Result<Lanes, LanesError> {
        let refused = || LanesError(text.to_owned());
        Lanes::new(text.parse().map_err(|_| refused())?).map_err(|_| refused())
    }
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_a_thousand_and_nothing_else() {
        for good in ["1", "30", "1000"] {
            assert_eq!(good.parse::<Lanes>().unwrap().to_string(), good);
        }
        for bad in ["0", "1001", "-1", "many", "", "99999999999999999999999"] {
            let error = bad.parse::<Lanes>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("expected a concurrency of 1 to 1000, such as `30`, got `{bad}`")
            );
        }
        assert_eq!(
            Lanes::new(0).unwrap_err(),
            "0".parse::<Lanes>().unwrap_err()
        );
    }
}
