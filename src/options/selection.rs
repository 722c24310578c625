//! Which flags to fetch, in the words of the book's programs.

use clap::Args;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::CountryCode;
use std::fmt;
use std::str::FromStr;

/// The choice on the command line of `get`.
#[derive(Args)]
pub(crate) struct Selection {
    /// A country code, or a letter for all 26 codes that begin with it (B for BA to BZ) [default:
    /// the 20 most populous countries]
    #[arg(value_name = "CC")]
    codes: Vec<Pick>,

    /// Fetch all the flags there are (AD to ZW)
    #[arg(short, long, conflicts_with_all = ["codes", "every"])]
    all: bool,

    /// Fetch every possible code (AA to ZZ), flag or not
    #[arg(short, long, conflicts_with = "codes")]
    every: bool,

    /// Fetch only the first N codes
    #[arg(short, long, value_name = "N", value_parser = crate::options::value_parsers::count)]
    limit: Option<usize>,
}

/// A code, or the initial of 26 codes.
#[derive(Clone, Copy)]
enum Pick {
    CountryCode(CountryCode),
    Initial(char),
}

impl Selection {
    /// The codes chosen, in order, each once.
    pub(crate) fn codes(&self) -> Vec<CountryCode> {
        let mut codes: Vec<CountryCode> = if self.every {
            CountryCode::every().collect()
        } else if self.all {
            Catalog::embedded().codes().collect()
        } else if self.codes.is_empty() {
            populous::TWENTY.to_vec()
        } else {
            self.codes.iter().flat_map(|pick| pick.codes()).collect()
        };
        codes.sort_unstable();
        codes.dedup();
        codes.truncate(self.limit.unwrap_or(usize::MAX));
        codes
    }
}

impl Pick {
    fn codes(self) -> Vec<CountryCode> {
        match self {
            Pick::CountryCode(code) => vec![code],
            Pick::Initial(initial) => CountryCode::every()
                .filter(|code| code.initial() == initial)
                .collect(),
        }
    }
}

impl FromStr for Pick {
    type Err = String;

    fn from_str(text: &str) -> Result<Pick, String> {
        let mut letters = text.chars();
        if let (Some(letter @ ('a'..='z' | 'A'..='Z')), None) = (letters.next(), letters.next()) {
            return Ok(Pick::Initial(letter.to_ascii_uppercase()));
        }
        let code = text.parse().map(Pick::CountryCode);
        code.map_err(|_| format!("expected a country code such as `BR`, or a letter, got `{text}`"))
    }
}

/// How many flags `compare` fetches: the most populous countries first, then the others in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flags(usize);

impl Flags {
    /// The codes chosen.
    pub(crate) fn codes(self) -> Vec<CountryCode> {
        let others = Catalog::embedded();
        let others = others
            .codes()
            .filter(|code| !populous::TWENTY.contains(code));
        populous::TWENTY
            .into_iter()
            .chain(others)
            .take(self.0)
            .collect()
    }
}

impl Default for Flags {
    /// The most populous 20.
    fn default() -> Flags {
        Flags(populous::TWENTY.len())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Flags {
    type Err = String;

    fn from_str(text: &str) -> Result<Flags, String> {
        let all = Catalog::embedded().codes().count();
        let count = if text == "all" {
            Some(all)
        } else {
            text.parse().ok()
        };
        let count = count.filter(|count| (1..=all).contains(count));
        count
            .map(Flags)
            .ok_or_else(|| format!("expected 1 to {all}, or `all`, got `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        selection: Selection,
    }

    fn chosen(line: &str) -> Vec<String> {
        let words = ["get"].into_iter().chain(line.split_whitespace());
        let codes = Line::parse_from(words).selection.codes();
        codes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn codes_and_letters_are_chosen_once_and_in_order() {
        assert_eq!(chosen("us BR us"), ["BR", "US"]);
        let b = chosen("b BR");
        assert_eq!((b.len(), b[0].as_str(), b[25].as_str()), (26, "BA", "BZ"));
    }

    #[test]
    fn everything_is_chosen_by_a_flag() {
        assert_eq!(chosen("").len(), 20);
        assert_eq!(chosen("-a").len(), 249);
        assert_eq!(chosen("-e").len(), 676);
        assert_eq!(chosen("-e -l 3"), ["AA", "AB", "AC"]);
    }

    #[test]
    fn flags_are_the_most_populous_first() {
        let first: Flags = "3".parse().unwrap();
        assert_eq!(first.codes(), populous::TWENTY[..3]);
        assert_eq!("all".parse::<Flags>().unwrap().codes().len(), 249);
        for bad in ["0", "250", "-1", "some"] {
            assert!(bad.parse::<Flags>().is_err(), "{bad}");
        }
    }
}
