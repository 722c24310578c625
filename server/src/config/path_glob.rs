//! A glob over paths.

use flagpole_protocol::SpecError;
use globset::{GlobBuilder, GlobSet};
use std::fmt;
use std::str::FromStr;

/// Maximum length of a glob in bytes, to limit the memory of the compiled glob.
const LONGEST: usize = 1000;

/// A glob over paths: `*` and `?` within a segment, `**` for any number of segments, `[abc]` for one of these letters,
/// `{a,b}` for one of these words. Matching takes time proportional to the length of the path.
#[derive(Clone, Debug)]
pub struct PathGlob {
    text: String,
    /// A set of one glob, because building a set does not panic, however deep braces are nested.
    matcher: GlobSet,
}

impl PathGlob {
    /// Whether a path matches.
    pub fn matches(&self, path: &str) -> bool {
        self.matcher.is_match(path)
    }
}

impl FromStr for PathGlob {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<PathGlob, SpecError> {
        if !text.starts_with(['/', '*', '[', '?', '{']) {
            return Err(SpecError::expected(
                "a glob over paths such as `/flags/*/*.gif`",
                text,
            ));
        }
        Ok(PathGlob {
            text: text.to_owned(),
            matcher: compile(text, true)?,
        })
    }
}

/// `has_segments`: whether a `*` stays within a segment of a path.
fn compile(text: &str, has_segments: bool) -> Result<GlobSet, SpecError> {
    if text.len() > LONGEST {
        let reason = format!("a glob has at most {LONGEST} bytes, got {}", text.len());
        return Err(SpecError::rule(reason));
    }
    let glob = GlobBuilder::new(text)
        .literal_separator(has_segments)
        .build();
    let matcher = glob.and_then(|glob| GlobSet::builder().add(glob).build());
    matcher.map_err(|error| SpecError::rule(format!("bad glob `{text}`: {}", error.kind())))
}

/// A glob over any text, such as the value of a field: `*` for any letters, `?` for one, `[abc]` for one of these, `{a,b}`
/// for one of these words.
#[derive(Clone, Debug)]
pub struct ValueGlob {
    text: String,
    matcher: GlobSet,
}

impl ValueGlob {
    /// Whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

impl FromStr for ValueGlob {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<ValueGlob, SpecError> {
        Ok(ValueGlob {
            text: text.to_owned(),
            matcher: compile(text, false)?,
        })
    }
}

impl fmt::Display for ValueGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
    fn a_star_matches_any_letters_of_a_value() {
        let matches = |glob: &str, value| glob.parse::<ValueGlob>().unwrap().matches(value);
        assert!(matches("*", "") && matches("image/*", "image/gif/x") && matches("a{b,c}?", "acd"));
        assert!(!matches("image/*", "text/html") && !matches("", "x"));
    }

    #[test]
    fn deeply_nested_braces_are_refused() {
        let nested = |depth| format!("/{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(nested(10).parse::<PathGlob>().unwrap().matches("/a"));
        assert!(nested(300).parse::<PathGlob>().is_err());
    }

    #[test]
    fn matching_does_not_backtrack() {
        let glob: PathGlob = format!("/{}b/x", "*a".repeat(100)).parse().unwrap();
        assert!(!glob.matches(&format!("/{}/x", "a".repeat(60_000))));
    }

    #[test]
    fn malformed_globs_are_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<PathGlob>().unwrap_err().to_string();
        assert_eq!(
            refused("/flags/[a"),
            "bad glob `/flags/[a`: unclosed character class; missing ']'"
        );
        assert_eq!(
            refused("flags"),
            "expected a glob over paths such as `/flags/*/*.gif`, got `flags`"
        );
    }
}
