//! Finds paths in tokens that are not parsed: those of macros and attributes.

use crate::facts::Path;
use crate::paths::text;
use proc_macro2::{TokenStream, TokenTree};

/// The sequences `a::b` among tokens; a single name may be anything.
pub(crate) fn token_paths(tokens: &TokenStream) -> Vec<Path> {
    let (mut found, mut path, mut colons) = (Vec::new(), Path::new(), 0);
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    found.push(std::mem::take(&mut path));
                }
                path.push(text(&name));
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            other => {
                found.push(std::mem::take(&mut path));
                colons = 0;
                if let TokenTree::Group(group) = other {
                    found.extend(token_paths(&group.stream()));
                }
            }
        }
    }
    found.push(path);
    found.retain(|path| path.len() > 1);
    found
}

/// The paths in string literals.
pub(crate) fn literal_paths(tokens: &TokenStream) -> Vec<Path> {
    let literals = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Literal(literal) => Some(literal.to_string()),
        _ => None,
    });
    let parsed = literals.filter_map(|text| text.trim_matches('"').parse().ok());
    parsed.flat_map(|tokens| token_paths(&tokens)).collect()
}
