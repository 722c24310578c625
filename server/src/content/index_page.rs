//! The index of all flags: a page for people, and JSON for programs.

use crate::config::listener::Listener;
use crate::fate::compiled_rule::default_label;
use flagpole_fixtures::Catalog;
use flagpole_protocol::{CountryCode, Resource};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A figure keeps its place and its name if its picture fails.
const STYLE: &str = "\
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1.25rem; list-style: none; padding: 0 }
figure { margin: 0 } figcaption { margin-top: .3rem }
figure > a { display: block; aspect-ratio: 4 / 3; border: 1px solid #8884; border-radius: 4px; overflow: hidden; background: #8881 }
img { display: block; width: 100%; height: 100%; font-size: .85rem; overflow-wrap: anywhere }
a { color: inherit; text-decoration: none } a:hover, p a { text-decoration: underline }
small { opacity: .65 }";

/// The page at `/flags/`: what the listener does to requests, and all flags.
pub(crate) fn html(catalog: &Catalog, listener: &Listener, seed: u64) -> String {
    let mut items = String::new();
    for code in catalog.codes() {
        let (flag, metadata) = (Resource::Flag(code), Resource::Metadata(code));
        let name = escape(&name(catalog, code));
        writeln!(
            items,
            "<li><figure><a href=\"{flag}\"><img src=\"{flag}\" alt=\"Flag of {name}\" loading=\"lazy\"></a>\
             <figcaption>{name} <a href=\"{metadata}\"><small>{code}</small></a></figcaption></figure></li>"
        )
        .expect("a String accepts all text");
    }
    let count = catalog.codes().count();
    let count = format!("{count} flag{}", if count == 1 { "" } else { "s" });
    let behaviour = behaviour(listener, seed);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>flagpole: {count}</title>\n\
         <style>\n{STYLE}\n</style>\n<h1>{count}</h1>\n{behaviour}\
         <p>The same as a list: <a href=\"/flags/index.json\">/flags/index.json</a></p>\n<ol>\n{items}</ol>\n</html>\n"
    )
}

/// What the listener does to requests, as HTML.
fn behaviour(listener: &Listener, seed: u64) -> String {
    let mut items = String::new();
    let mut add = |who: &str, what: &[String]| {
        let what: Vec<_> = what.iter().map(|setting| escape(setting)).collect();
        writeln!(items, "<li>{}: {}</li>", escape(who), what.join("; "))
            .expect("a String accepts all text");
    };
    for (index, rule) in listener.rules.iter().enumerate() {
        let name = rule.name.clone().unwrap_or_else(|| default_label(index));
        add(&format!("Rule {name}"), &settings(rule));
    }
    let own = settings(listener);
    if !own.is_empty() {
        let who = if listener.rules.is_empty() {
            "Each request"
        } else {
            "Each other request"
        };
        add(who, &own);
    }
    if items.is_empty() {
        return "<p>This server injects neither latency nor faults and has no limits.</p>\n"
            .to_owned();
    }
    format!(
        "<p>What this server does to requests, except those for this page, with seed {seed}; the first rule that matches \
         decides:</p>\n<ul>\n{items}</ul>\n"
    )
}

/// The keys of listeners and rules that the page shows, conditions first.
const KEYS: [&str; 15] = [
    "method",
    "path",
    "first",
    "every",
    "n",
    "from",
    "to",
    "latency",
    "faults",
    "concurrency_limit",
    "queue",
    "rate_limit",
    "bandwidth",
    "accept_delay",
    "refuse",
];

/// The keys and values of a listener or a rule as in a profile, without those that change no response.
fn settings(config: &impl Serialize) -> Vec<String> {
    let config = serde_json::to_value(config).expect("a configuration is representable as JSON");
    let setting = |key: &&str| {
        let text = match config.get(key)? {
            Value::String(text) => text.clone(),
            Value::Array(texts) => texts
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        };
        let is_set = !text.is_empty() && text != "0";
        is_set.then(|| format!("{} {text}", key.replace('_', " ")))
    };
    KEYS.iter().filter_map(setting).collect()
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
    let page = BTreeMap::from([("flags", flags.collect::<Vec<_>>())]);
    serde_json::to_string_pretty(&page).expect("strings and numbers are always JSON") + "\n"
}

/// The country's name, or its code if the site has no metadata for it.
fn name(catalog: &Catalog, code: CountryCode) -> String {
    catalog
        .country(code)
        .map_or_else(|| code.to_string(), |country| country.country)
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(config: &str) -> Listener {
        let profile: crate::Profile = config.parse().unwrap();
        profile.listeners[0].clone()
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escape("\"><script>&"), "&quot;&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn the_page_says_what_the_listener_does() {
        let faulty = listener(
            "[[listener]]\nlatency = '50ms'\nfaults = ['500@10%', 'reset@1%']\nrate_limit = '9/s'\nrefuse = ['5s..8s', '20s..']\n\
             [[listener.rule]]\nfirst = 2\nfaults = ['404,body=<b>']\n",
        );
        let text = behaviour(&faulty, 7);
        for expected in [
            "seed 7",
            "<li>Rule rule[0]: first 2; faults 404,body=&lt;b&gt;@100%</li>",
            "<li>Each other request: latency 50ms; faults 500@10%, reset@1%; rate limit 9/s; refuse 5s..8s, 20s..</li>",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let clean = behaviour(&Listener::default(), 7);
        assert!(clean.contains("neither latency nor faults"), "{clean}");
    }
}
