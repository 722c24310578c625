//! The options that select flags: by country code in `get`, by a number (`--flags`) elsewhere.

use super::value_parsers::{self, valid};
use clap::Args;
use derive_more::Display;
use flagpole_fixtures::{Catalog, Country, populous};
use flagpole_protocol::{CountryCode, did_you_mean};
use std::num::NonZeroUsize;
use std::str::FromStr;

/// The codes to download.
#[derive(Args)]
pub(crate) struct CodeSelection {
    /// Download these countries: `BR`, or all with an initial: `B` [default: the 20 most populous]
    #[arg(value_name = "CC")]
    codes: Vec<CodePattern>,

    /// Download all existing flags (AD to ZW)
    #[arg(short, long, conflicts_with_all = ["codes", "every"])]
    all: bool,

    /// Request every two-letter code (AA to ZZ), existing or not
    #[arg(short, long, conflicts_with = "codes")]
    every: bool,

    /// Exit with 0 even if no flag exists [default with --every and letters]
    #[arg(long)]
    allow_missing: bool,

    /// Download only the first N codes
    #[arg(short, long, value_name = "N", value_parser = value_parsers::count)]
    limit: Option<NonZeroUsize>,
}

/// The code of a country, or all 26 codes with an initial.
#[derive(Clone)]
struct CodePattern(Vec<CountryCode>);

impl CodeSelection {
    /// Whether all codes may be without a flag: the user says so, or has not named any code that must have one.
    pub(crate) fn allows_missing(&self) -> bool {
        let is_letters = !self.codes.is_empty() && self.codes.iter().all(CodePattern::is_letter);
        self.allow_missing || self.every || is_letters
    }

    /// The codes in alphabetical order, without duplicates.
    pub(crate) fn codes(&self) -> Vec<CountryCode> {
        let mut codes: Vec<CountryCode> = if self.every {
            CountryCode::every().collect()
        } else if self.all {
            Catalog::embedded().codes().collect()
        } else if self.codes.is_empty() {
            populous::TOP_20.to_vec()
        } else {
            self.codes
                .iter()
                .flat_map(|pattern| pattern.0.clone())
                .collect()
        };
        codes.sort_unstable();
        codes.dedup();
        codes.truncate(self.limit.map_or(usize::MAX, NonZeroUsize::get));
        codes
    }
}

impl CodePattern {
    fn is_letter(&self) -> bool {
        self.0.len() > 1
    }
}

impl FromStr for CodePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<CodePattern, String> {
        if let [letter @ (b'a'..=b'z' | b'A'..=b'Z')] = text.as_bytes() {
            let initial = char::from(letter.to_ascii_uppercase());
            let codes = CountryCode::every().filter(|code| code.initial() == initial);
            return Ok(CodePattern(codes.collect()));
        }
        let code = text.parse().map(|code| CodePattern(vec![code]));
        code.map_err(|_| {
            let expected = "expected a country code such as `BR`, or a letter";
            let country = by_name(text)
                .map(|one| format!("; did you mean `{}` ({})?", one.iso_cc, one.country));
            format!("{expected}, got `{text}`{}", country.unwrap_or_default())
        })
    }
}

/// The country whose name is similar to a text.
fn by_name(text: &str) -> Option<Country> {
    let catalog = Catalog::embedded();
    let countries = catalog.codes().filter_map(|code| catalog.country(code));
    let countries: Vec<_> = countries.collect();
    let name = did_you_mean(text, countries.iter().map(|one| one.country.as_str()))?;
    countries.iter().find(|one| one.country == name).cloned()
}

/// A number of flags: the most populous countries first, then the others in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq, Display)]
pub(crate) struct FlagCount(usize);

impl FlagCount {
    /// The country codes of these flags.
    pub(crate) fn codes(self) -> Vec<CountryCode> {
        let catalog = Catalog::embedded();
        let others = catalog.codes();
        let others = others.filter(|code| !populous::TOP_20.contains(code));
        let codes = populous::TOP_20.into_iter().chain(others);
        codes.take(self.0).collect()
    }
}

impl Default for FlagCount {
    /// The 20 most populous countries.
    fn default() -> FlagCount {
        FlagCount(populous::TOP_20.len())
    }
}

impl FromStr for FlagCount {
    type Err = String;

    fn from_str(text: &str) -> Result<FlagCount, String> {
        let all = Catalog::embedded().codes().count();
        if text == "all" {
            return Ok(FlagCount(all));
        }
        let expected = format!("1 to {all}, or `all`");
        valid(text, &expected, |count| (1..=all).contains(count)).map(FlagCount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct SelectionCli {
        #[command(flatten)]
        selection: CodeSelection,
    }

    fn selected(line: &str) -> Vec<String> {
        let words = ["get"].into_iter().chain(line.split_whitespace());
        let codes = SelectionCli::parse_from(words).selection.codes();
        codes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn codes_and_initials_are_sorted_and_deduplicated() {
        assert_eq!(selected("us BR us"), ["BR", "US"]);
        let b = selected("b BR");
        assert_eq!((b.len(), b[0].as_str(), b[25].as_str()), (26, "BA", "BZ"));
    }

    #[test]
    fn name_of_a_country_suggests_its_code() {
        let error = |text: &str| text.parse::<CodePattern>().err().unwrap();
        let expected = "expected a country code such as `BR`, or a letter, got";
        assert_eq!(
            error("Brasil"),
            format!("{expected} `Brasil`; did you mean `BR` (Brazil)?")
        );
        assert_eq!(error("B1"), format!("{expected} `B1`"));
    }

    #[test]
    fn switches_select_all_or_every_code() {
        assert_eq!(selected("").len(), 20);
        assert_eq!(selected("-a").len(), 249);
        assert_eq!(selected("-e").len(), 676);
        assert_eq!(selected("-e -l 3"), ["AA", "AB", "AC"]);
    }

    #[test]
    fn missing_flags_are_allowed_where_no_existing_code_is_selected() {
        let allows = |line: &str| {
            let words = ["get"].into_iter().chain(line.split_whitespace());
            SelectionCli::parse_from(words).selection.allows_missing()
        };
        for line in ["-e", "X", "X Y", "--allow-missing", "BR --allow-missing"] {
            assert!(allows(line), "{line}");
        }
        for line in ["", "-a", "BR", "X BR", "-l 3"] {
            assert!(!allows(line), "{line}");
        }
    }

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
