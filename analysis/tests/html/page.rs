//! A page as a browser reads it, without trees: elements, texts and tables.

use html5gum::{HtmlString, Token, Tokenizer};
use std::collections::BTreeMap;

/// Elements without content.
const VOID: [&str; 2] = ["meta", "br"];

/// An element that begins.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A table of a figure.
#[derive(Debug, Default)]
pub(crate) struct PageTable {
    pub(crate) headers: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// What a page has.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) elements: Vec<Element>,
    /// All texts but those of styles.
    pub(crate) text: String,
    /// The tables of figures by the identifiers of these.
    tables: BTreeMap<String, PageTable>,
}

impl Page {
    /// Panics if the page has a syntax error, or an element that does not end where it should.
    pub(crate) fn read(html: &str) -> Page {
        let mut page = Page::default();
        let mut open: Vec<String> = Vec::new();
        let mut figure = String::new();
        for token in Tokenizer::new(html) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let attributes = tag.attributes.iter();
                    let attributes =
                        attributes.map(|(name, value)| (text(name), text(&value.value)));
                    let element = Element {
                        name: text(&tag.name),
                        attributes: attributes.collect(),
                    };
                    match element.name.as_str() {
                        "figure" => figure.clone_from(&element.attributes["id"]),
                        "table" => drop(page.tables.insert(figure.clone(), PageTable::default())),
                        "tr" => page.table(&figure).rows.push(Vec::new()),
                        "td" | "th" => page.row(&figure).push(String::new()),
                        _ => {}
                    }
                    if !VOID.contains(&element.name.as_str()) && !tag.self_closing {
                        open.push(element.name.clone());
                    }
                    page.elements.push(element);
                }
                Token::EndTag(tag) => {
                    assert_eq!(open.pop().as_deref(), Some(&*text(&tag.name)));
                    match &*text(&tag.name) {
                        "thead" => page.table(&figure).headers = page.table(&figure).rows.remove(0),
                        "figure" => figure.clear(),
                        _ => {}
                    }
                }
                Token::String(value) if !open.iter().any(|name| name == "style") => {
                    page.text += &text(&value.value);
                    if open
                        .iter()
                        .any(|name| ["td", "th"].contains(&name.as_str()))
                    {
                        page.row(&figure)
                            .last_mut()
                            .unwrap()
                            .push_str(&text(&value.value));
                    }
                }
                Token::Error(error) => panic!("{error:?}"),
                Token::String(_) | Token::Comment(_) | Token::Doctype(_) => {}
            }
        }
        assert_eq!(open, [""; 0]);
        page
    }

    fn table(&mut self, figure: &str) -> &mut PageTable {
        self.tables.get_mut(figure).unwrap()
    }

    fn row(&mut self, figure: &str) -> &mut Vec<String> {
        self.table(figure).rows.last_mut().unwrap()
    }

    /// The rows of the table of this figure, each as its cells by their headers.
    pub(crate) fn rows(&self, figure: &str) -> Vec<BTreeMap<&str, &str>> {
        let table = self
            .tables
            .get(figure)
            .unwrap_or_else(|| panic!("no table of {figure}"));
        let mut rows = Vec::new();
        for cells in &table.rows {
            assert_eq!(cells.len(), table.headers.len(), "{figure}");
            let headers = table.headers.iter().map(String::as_str);
            rows.push(headers.zip(cells.iter().map(String::as_str)).collect());
        }
        rows
    }

    /// Whether there is such a figure.
    pub(crate) fn has_figure(&self, id: &str) -> bool {
        self.elements
            .iter()
            .any(|element| element.name == "figure" && element.attributes["id"] == id)
    }

    /// How many elements have this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.elements
            .iter()
            .filter(|element| element.name == name)
            .count()
    }
}

fn text(bytes: &HtmlString) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
