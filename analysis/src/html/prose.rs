//! Sentences with code in backticks.

use maud::{Markup, html};

/// A sentence as markup: what stands between backticks becomes code. Without a partner, a backtick stays what it is.
pub(super) fn prose(sentence: &str) -> Markup {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return html! { (sentence) };
    }
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_backticks_are_code() {
        assert_eq!(
            prose("ask for `-z` & `<b>`").into_string(),
            "ask for <code>-z</code> &amp; <code>&lt;b&gt;</code>"
        );
        assert_eq!(prose("a `lone one").into_string(), "a `lone one");
        assert_eq!(prose("none").into_string(), "none");
    }
}
