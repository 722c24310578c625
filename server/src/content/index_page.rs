//! The pages for people and programs that look around: all flags on one page, and the catalogue.

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
pub(crate) fn page(catalog: &Catalog) -> String {
    let mut items = String::new();
    for code in catalog.codes() {
        let (flag, metadata) = (Resource::Flag(code), Resource::Metadata(code));
        let name = escaped(&name(catalog, code));
        // JournalWriter to a String can not fail.
        let _ = writeln!(
            items,
            "<li><a href=\"{flag}\"><img src=\"{flag}\" alt=\"Flag of {name}\" loading=\"lazy\"></a>\
             <span>{name} <a href=\"{metadata}\"><small>{code}</small></a></span></li>"
        );
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
struct Index {
    flags: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    iso_cc: String,
    country: String,
    flag: &'static str,
    /// Bytes of the flag.
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'static str>,
}

/// The catalogue at `/flags/index.json`.
pub(crate) fn index(catalog: &Catalog) -> String {
    let flags = catalog.codes().map(|code| {
        let (flag, metadata) = (Resource::Flag(code), Resource::Metadata(code));
        Listed {
            iso_cc: code.to_string(),
            country: name(catalog, code),
            flag: flag.path(),
            size: catalog.get(flag).map_or(0, bytes::Bytes::len),
            metadata: catalog.get(metadata).map(|_| metadata.path()),
        }
    });
    let index = Index {
        flags: flags.collect(),
    };
    let text = serde_json::to_string_pretty(&index).expect("strings and numbers are always JSON");
    text + "\n"
}

/// The country's name, or the code where the site does not say.
fn name(catalog: &Catalog, code: CountryCode) -> String {
    catalog
        .country(code)
        .map_or_else(|| code.to_string(), |country| country.country)
}

fn escaped(text: &str) -> String {
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
    fn the_page_shows_every_flag() {
        let catalog = Catalog::embedded();
        let page = page(&catalog);
        assert_eq!(page.matches("<img ").count(), 249);
        assert!(page.contains("src=\"/flags/br/br.gif\" alt=\"Flag of Brazil\""));
    }

    #[test]
    fn a_hostile_name_stays_text() {
        assert_eq!(escaped("\"><script>&"), "&quot;&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn the_index_lists_every_flag() {
        let index: serde_json::Value = serde_json::from_str(&index(&Catalog::embedded())).unwrap();
        let flags = index["flags"].as_array().unwrap();
        assert_eq!(flags.len(), 249);
        let brazil = flags.iter().find(|flag| flag["iso_cc"] == "BR").unwrap();
        assert_eq!(brazil["metadata"], "/flags/br/metadata.json");
        assert!(brazil["size"].as_u64().unwrap() > 0);
    }
}
