//! The shell of a page.

use super::chart::area_style;
use super::chart::label::visible;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style of every page.
pub(crate) const STYLE: &str = include_str!("style.css");

/// What a page may load and run: its own style, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A page with this title, these sections, and the version of the program that made its result.
pub(crate) fn page(title: &str, sections: &Markup, version: &str) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (area_style::patterns())
                header { h1 { (title) } }
                main { (sections) }
                footer {
                    p { "Written by flagpole" @if !version.is_empty() { " from a result of version " (visible(version)) } "." }
                }
            }
        }
    };
    markup.into_string()
}

/// The page of no results.
pub(crate) fn empty() -> String {
    page("Report", &html! { p { "There is no result." } }, "")
}

/// A section with a heading of level 2.
pub(crate) fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (content)
        }
    }
}
