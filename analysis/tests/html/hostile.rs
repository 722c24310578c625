//! Nothing that a result contains becomes markup, changes the direction of text, or asks for anything.

use crate::page::Page;
use crate::results::{each_strategy, judged, recorded};
use flagpole_analysis::comparison::{BaselineRatio, Comparison};
use flagpole_analysis::html;
use flagpole_analysis::validity::Validity;
use serde_json::json;

/// What has meaning in HTML, in attributes, in styles, in SVG, for shells and for the direction of text.
const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>&amp;&lt;",
    "</title></style></svg><svg onload=alert(1)>",
    "\u{202e}dlrow\u{2066}\0\u{7}\r\n",
    "]]><!-- --><![CDATA[",
    "END\nEND_\n$(reboot)`reboot`",
    "javascript:alert(1) http://example.com/ url(http://example.com/)",
    "שלום {{expression}} \u{feff}\u{200b}",
];

/// The elements that pages have.
const ELEMENTS: [&str; 46] = [
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1",
    "h2", "h3", "h4", "p", "ul", "li", "dl", "div", "dt", "dd", "strong", "details", "summary",
    "pre", "code", "bdi", "span", "figure", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "svg", "g", "path", "text", "desc", "defs", "pattern", "circle", "rect", "nav",
];

/// A result that contains this text wherever a result has text.
fn result_with(text: &str) -> Comparison {
    let mut comparison = judged(recorded(), Validity::Suspect);
    let name = |old: &str| format!("{text}{old}");
    for cell in &mut comparison.cells {
        cell.conditions.push((name("condition"), text.to_owned()));
        cell.reference = cell.reference.as_deref().map(name);
        text.clone_into(&mut cell.verdict.reasons[0].message);
        cell.verdict.unchecked.push(text.to_owned());
        let latency = cell
            .conditions
            .iter_mut()
            .find(|(name, _)| name == "latency");
        latency.unwrap().1 = format!("{text}{}", cell.rounds);
    }
    each_strategy(&mut comparison, |strategy| {
        strategy.name = name(&strategy.name);
        for ratio in &mut strategy.ratios {
            ratio.to = name(&ratio.to);
        }
        strategy.failures =
            serde_json::from_value(json!([{ "outcome": text, "reason": text, "count": 3 }]))
                .unwrap();
        for attempt in &mut strategy.median_round_attempts {
            (attempt.resource, attempt.outcome) = (text.to_owned(), text.to_owned());
            (attempt.kind, attempt.fault) = (text.to_owned(), Some(text.to_owned()));
        }
    });
    for curve in &mut comparison.concurrency_curves {
        (curve.strategy, curve.conditions) = (name(&curve.strategy), text.to_owned());
    }
    comparison.baseline = vec![BaselineRatio {
        name: text.to_owned(),
        message: text.to_owned(),
        ..BaselineRatio::default()
    }];
    comparison.experiment = json!({ "about": text, "seed": text, "profile": text, text: [text] });
    let environment = &mut comparison.environment;
    for field in [
        &mut environment.flagpole,
        &mut environment.system,
        &mut environment.processor,
    ] {
        text.clone_into(field);
    }
    comparison
}

/// Checks what holds for every page.
pub(crate) fn check(html: &str) -> Page {
    let page = Page::read(html);
    for element in &page.elements {
        let name = element.name.as_str();
        assert!(ELEMENTS.contains(&name), "{element:?}");
        for (attribute, value) in &element.attributes {
            let is_refused = attribute.starts_with("on")
                || ["style", "src", "href", "srcset"].contains(&attribute.as_str());
            assert!(!is_refused, "{element:?}");
            let refers = value.contains("url(") && !value.starts_with("url(#");
            assert!(!refers || attribute.starts_with("aria"), "{element:?}");
        }
    }
    assert_eq!(
        (page.count("style"), page.count("html"), page.count("body")),
        (1, 1, 1)
    );
    let unseen = |letter: char| {
        letter.is_control() && letter != '\n' || "\u{202e}\u{2066}\u{feff}".contains(letter)
    };
    assert!(
        !html.contains(unseen),
        "{:?}",
        html.split_once(unseen).map(|(before, _)| before.len())
    );
    page
}

#[test]
fn hostile_text_stays_text() {
    for text in HOSTILE {
        let html = html::comparison_report(&[result_with(text)]);
        let page = check(&html);
        let visible: String = text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .take(4)
            .collect();
        let shown: String = page
            .text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect();
        assert!(shown.contains(&visible), "{text:?}");
    }
}

#[test]
fn page_asks_for_nothing() {
    let html = html::comparison_report(&[recorded()]);
    check(&html);
    for refused in [
        "<script", " style=", "http://", "https://", "@import", "src=",
    ] {
        assert!(!html.contains(refused), "{refused}");
    }
}

#[test]
fn style_is_exactly_the_public_one() {
    let html = html::comparison_report(&[recorded()]);
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    assert_eq!(style, html::STYLE);
}
