//! The value of `--flags`.

use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::CountryCode;
use std::fmt;
use std::str::FromStr;

/// A number of flags: the most populous countries first, then the others in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FlagCount(usize);

impl FlagCount {
    /// The country codes of these flags.
    pub(crate) fn codes(self) -> Vec<CountryCode> {
        let catalog = Catalog::embedded();
        let others = catalog
            .codes()
            .filter(|code| !populous::TOP_20.contains(code));
        populous::TOP_20
            .into_iter()
            .chain(others)
            .take(self.0)
            .collect()
    }
}

impl Default for FlagCount {
    /// 20.
    fn default() -> FlagCount {
        FlagCount(populous::TOP_20.len())
    }
}

impl fmt::Display for FlagCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FlagCount {
    type Err = String;

    fn from_str(text: &str) -> Result<FlagCount, String> {
        let all = Catalog::embedded().codes().count();
        let count = if text == "all" {
            Some(all)
        } else {
            text.parse().ok()
        };
        let count = count.filter(|count| (1..=all).contains(count));
        count
            .map(FlagCount)
            .ok_or_else(|| format!("expected 1 to {all}, or `all`, got `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_populous_countries_come_first() {
        let first: FlagCount = "3".parse().unwrap();
        assert_eq!(first.codes(), populous::TOP_20[..3]);
        assert_eq!("all".parse::<FlagCount>().unwrap().codes().len(), 249);
    }

    #[test]
    fn count_out_of_range_is_rejected() {
        for bad in ["0", "250", "-1", "some"] {
            assert!(bad.parse::<FlagCount>().is_err(), "{bad}");
        }
    }
}
