//! The index of all flags: a page for people, and JSON for programs.

use flagpole_fixtures::Catalog;
use flagpole_protocol::{CountryCode, Resource};
use serde::Serialize;
use std::fmt::Write as _;

const STYLE: &str = "\
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1.25rem; list-style: none; padding: 0 }
li { display: flex; flex-direction: column; gap: .3rem }
img { width: 100%; aspect-ratio: 4 / 3; border: 1px solid #8884; border-radius: 4px }
a { color: inherit; text-decoration: none } a:hover { text-decoration: underline }
small { opacity: .65 }";

/// The page at `/flags/`.
pub(crate) fn html(catalog: &Catalog) -> String {
    let mut items = String::new();
    for code in catalog.codes() {
        let (flag, metadata) = (Resource::Flag(code), Resource::Metadata(code));
        let name = escape(&name(catalog, code));
        writeln!(
            items,
            "<li><a href=\"{flag}\"><img src=\"{flag}\" alt=\"Flag of {name}\" loading=\"lazy\"></a>\
             <span>{name} <a href=\"{metadata}\"><small>{code}</small></a></span></li>"
        )
        .expect("a String accepts all text");
    }
    let count = catalog.codes().count();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>flagpole: {count} flags</title>\n\
         <style>\n{STYLE}\n</style>\n<h1>{count} flags</h1>\n\
         <p>The same as a list: <a href=\"/flags/index.json\"><u>/flags/index.json</u></a></p>\n<ul>\n{items}</ul>\n</html>\n"
    )
}

#[derive(Serialize)]
struct IndexPage {
    flags: Vec<IndexEntry>,
}

#[derive(Serialize)]
struct IndexEntry {
    iso_cc: String,
    country: String,
    flag: &'static str,
    /// The size of the flag in bytes.
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'static str>,
}

/// The catalogue at `/flags/index.json`.
pub(crate) fn json(catalog: &Catalog) -> String {
    let flags = catalog.codes().map(|code| {
        let (flag, metadata) = (Resource::Flag(code), Resource::Metadata(code));
        IndexEntry {
            iso_cc: code.to_string(),
            country: name(catalog, code),
            flag: flag.path(),
            size: catalog.get(flag).map_or(0, bytes::Bytes::len),
            metadata: catalog.get(metadata).map(|_| metadata.path()),
        }
    });
    let page = IndexPage {
        flags: flags.collect(),
    };
    let text = serde_json::to_string_pretty(&page).expect("strings and numbers are always JSON");
    text + "\n"
}

/// The country's name, or its code if the site has no metadata for it.
fn name(catalog: &Catalog, code: CountryCode) -> String {
    catalog
        .country(code)
        .map_or_else(|| code.to_string(), |country| country.country)
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_html_page_shows_every_flag() {
        let catalog = Catalog::embedded();
        let page = html(&catalog);
        assert_eq!(page.matches("<img ").count(), 249);
        assert!(page.contains("src=\"/flags/br/br.gif\" alt=\"Flag of Brazil\""));
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escape("\"><script>&"), "&quot;&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn the_json_index_lists_every_flag() {
        let index: serde_json::Value = serde_json::from_str(&json(&Catalog::embedded())).unwrap();
        let flags = index["flags"].as_array().unwrap();
        assert_eq!(flags.len(), 249);
        let brazil = flags.iter().find(|flag| flag["iso_cc"] == "BR").unwrap();
        assert_eq!(brazil["metadata"], "/flags/br/metadata.json");
        assert!(brazil["size"].as_u64().unwrap() > 0);
    }
}
