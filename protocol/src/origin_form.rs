//! The path and query of a request target.

use crate::{SpecError, reason};
use ::http::uri::PathAndQuery;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A path with an optional query (`origin-form`, RFC 9112 section 3.2.1), exactly as it is sent. A small value that is
/// compared by its text: the texts are kept until the process ends, each once and at most [`OriginForm::MAX_COUNT`].
///
/// ```
/// use flagpole_protocol::OriginForm;
///
/// let image: OriginForm = "/img/1.png?size=2".parse()?;
/// assert_eq!(image.path(), "/img/1.png");
/// assert!("img/1.png".parse::<OriginForm>().is_err());
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginForm(&'static str);

static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

impl OriginForm {
    /// The maximum length in bytes: the limit of common servers.
    pub const MAX_LENGTH: usize = 8 << 10;

    /// The maximum number of different texts in a process.
    pub const MAX_COUNT: usize = 100_000;

    /// Path and query.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The path without the query.
    pub fn path(self) -> &'static str {
        self.0.split('?').next().unwrap_or(self.0)
    }
}

impl fmt::Display for OriginForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Refuses what is no `origin-form`, is too long, or is one text too many.
impl FromStr for OriginForm {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<OriginForm, SpecError> {
        let is_target = || {
            let parsed = text.parse::<PathAndQuery>();
            parsed.is_ok_and(|target| target.as_str() == text)
        };
        let is_ascii = || text.bytes().all(|byte| byte.is_ascii_graphic());
        let has_length = (1..=OriginForm::MAX_LENGTH).contains(&text.len());
        if !(has_length && text.starts_with('/') && is_ascii() && is_target()) {
            let expected = format!(
                "a path such as `/img/1.png?size=2`, in ASCII and of at most {} bytes",
                OriginForm::MAX_LENGTH
            );
            return Err(SpecError::expected(&expected, &reason(&text)));
        }
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(text) {
            return Ok(OriginForm(known));
        }
        if texts.len() >= OriginForm::MAX_COUNT {
            let expected = format!("at most {} different paths", OriginForm::MAX_COUNT);
            return Err(SpecError::expected(&expected, &reason(&text)));
        }
        let text: &'static str = Box::leak(text.into());
        texts.insert(text);
        Ok(OriginForm(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_equal_and_kept_once() {
        let [one, other]: [OriginForm; 2] = ["/a?b", "/a?b"].map(|text| text.parse().unwrap());
        assert_eq!(one, other);
        assert!(std::ptr::eq(one.as_str(), other.as_str()));
        assert_eq!((one.path(), one.to_string()), ("/a", "/a?b".to_owned()));
    }

    #[test]
    fn text_is_sent_as_it_is() {
        let long = format!("/{}", "x".repeat(OriginForm::MAX_LENGTH - 1));
        for good in ["/", "//a/../b", "/a?b=/c?d&e=%20", "/~!$&'()*+,;=:@", &long] {
            let path: OriginForm = good.parse().unwrap();
            assert_eq!(path.as_str(), good);
        }
    }

    #[test]
    fn other_request_targets_are_refused() {
        let long = format!("/{}", "x".repeat(OriginForm::MAX_LENGTH));
        for bad in [
            "",
            "a",
            "*",
            "?a",
            "http://h/a",
            "/a b",
            "/a#b",
            "/\u{e9}",
            "/\n",
            &long,
        ] {
            let error = bad.parse::<OriginForm>().unwrap_err().to_string();
            assert!(error.starts_with("expected a path such as `/img/1.png?size=2`"));
            assert!(error.len() < 400, "{error}");
        }
    }
}
