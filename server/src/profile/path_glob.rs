//! Which paths: a glob.

use crate::spec::SpecError;
use glob::{MatchOptions, Pattern};
use std::fmt;
use std::str::FromStr;

/// A `*` stays within a segment of the path, as in a shell; `**` does not.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A glob over paths: `*` and `?` within a segment, `**` for any number of segments, `[abc]` for one
/// of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGlob(Pattern);

impl PathGlob {
    /// Whether a path matches.
    pub fn matches(&self, path: &str) -> bool {
        self.0.matches_with(path, OPTIONS)
    }
}

impl FromStr for PathGlob {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<PathGlob, SpecError> {
        if !text.starts_with(['/', '*', '[', '?']) {
            return Err(SpecError::expected(
                "a glob over paths such as `/flags/*/*.gif`",
                text,
            ));
        }
        let pattern = Pattern::new(text).map_err(|error| {
            SpecError::rule(format!(
                "bad glob `{text}`: {} at letter {}",
                error.msg,
                error.pos + 1
            ))
        })?;
        Ok(PathGlob(pattern))
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_segment() {
        let matches = |glob: &str, path| glob.parse::<PathGlob>().unwrap().matches(path);
        assert!(matches("/flags/*/*.gif", "/flags/br/br.gif"));
        assert!(!matches("/flags/*", "/flags/br/br.gif"));
        assert!(matches("/flags/**", "/flags/br/br.gif"));
        assert!(matches("/flags/b[a-r]/*", "/flags/br/metadata.json"));
        assert!(!matches("/flags/*/*.gif", "/flags/br/metadata.json"));
    }

    #[test]
    fn what_is_no_glob_is_refused_with_the_place() {
        let refused = |text: &str| text.parse::<PathGlob>().unwrap_err().to_string();
        assert_eq!(
            refused("/flags/[a"),
            "bad glob `/flags/[a`: invalid range pattern at letter 8"
        );
        assert_eq!(
            refused("flags"),
            "expected a glob over paths such as `/flags/*/*.gif`, got `flags`"
        );
    }
}
