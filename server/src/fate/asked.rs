//! The latency and faults that a request asks for itself, in place of those that rules decide.
//!
//! By fields: `Flagpole-Latency: 50ms`, `Flagpole-Fault: reset:700`; or by the query: `?flagpole=latency:50ms,fault:503`,
//! where an item ends at the next comma that `latency:` or `fault:` follows. Without a latency there is no delay, and
//! without a fault there is none. `none` is no fault.

use crate::fate::compiled_rule::{ASKED_NUMBER, Effect};
use crate::fate::fault::{FaultSpec, Faults, split_parameters};
use crate::fate::latency::{Latency, names_file};
use crate::fate::query::{decode, values};
use crate::fate::request_fields::RequestFields;
use flagpole_protocol::headers::{FAULT_HEADER, LATENCY_HEADER, QUERY_PARAMETER};
use flagpole_protocol::{SpecError, did_you_mean};
use http::HeaderValue;
use std::str;

/// The rule's name in the journal.
pub(crate) const ASKED: &str = "asked";

/// In place of a fault: none.
const NO_FAULT: &str = "none";

const LATENCY: &str = "latency";
const FAULT: &str = "fault";
const ITEMS: [&str; 2] = [LATENCY, FAULT];

/// What a request asks for in one of the two ways.
#[derive(Debug, Default)]
struct Asked {
    latency: Option<Latency>,
    faults: Option<Faults>,
}

/// What a request with these fields and this query asks for; `None` if it asks for nothing. Boxed, because its size would
/// slow down all other requests.
///
/// # Errors
/// If a specification cannot be read or names a file of the server, or if fields and query ask for the same thing.
pub(crate) fn effect(
    fields: &RequestFields<'_>,
    query: Option<&str>,
) -> Result<Option<Box<Effect>>, SpecError> {
    // Nearly every request ends here.
    let query = query.filter(|query| query.contains(QUERY_PARAMETER));
    if fields.latency.is_none() && fields.faults.is_empty() && query.is_none() {
        return Ok(None);
    }
    let (by_fields, by_query) = (Asked::by_fields(fields)?, Asked::by_query(query)?);
    let latency = one_of(by_fields.latency, by_query.latency, LATENCY_HEADER)?;
    let faults = one_of(by_fields.faults, by_query.faults, FAULT_HEADER)?;
    if latency.is_none() && faults.is_none() {
        return Ok(None);
    }
    let (latency, faults) = (latency.unwrap_or_default(), faults.unwrap_or_default());
    let effect = Effect::from_faults(ASKED.into(), ASKED_NUMBER, latency, faults);
    Ok(Some(Box::new(effect)))
}

fn one_of<T>(field: Option<T>, query: Option<T>, name: &str) -> Result<Option<T>, SpecError> {
    if field.is_some() && query.is_some() {
        let rule = "expected the field or an item of the query, got both".to_owned();
        return Err(SpecError::rule(rule).within(name));
    }
    Ok(field.or(query))
}

impl Asked {
    fn by_fields(fields: &RequestFields<'_>) -> Result<Asked, SpecError> {
        let latency = fields.latency.map(|value| latency(text(value)?));
        let latency = latency.transpose();
        let faults = fields.faults.iter().map(|value| text(value));
        let faults = faults.collect::<Result<Vec<_>, _>>();
        let faults = faults.and_then(|texts| parse_faults(&texts));
        Ok(Asked {
            latency: latency.map_err(|error| error.within(LATENCY_HEADER))?,
            faults: faults.map_err(|error| error.within(FAULT_HEADER))?,
        })
    }

    fn by_query(query: Option<&str>) -> Result<Asked, SpecError> {
        let mut items = Vec::new();
        for value in values(query.unwrap_or_default(), QUERY_PARAMETER) {
            split_items(value, &mut items).map_err(within_query)?;
        }
        let texts = |name| {
            let named = items.iter().filter(move |item| item.0 == name);
            named.map(|item| item.1.as_str()).collect::<Vec<_>>()
        };
        let latency = match *texts(LATENCY) {
            [] => Ok(None),
            [text] => latency(text).map(Some),
            _ => Err(SpecError::rule("expected one item, got several".to_owned())),
        };
        let faults = parse_faults(&texts(FAULT));
        // An item with a misspelt name is taken for the rest of the item before.
        let explained = |error: SpecError, name| match misspelt_item(&items) {
            Some(error) => within_query(error),
            None => within_query(error.within(name)),
        };
        Ok(Asked {
            latency: latency.map_err(|error| explained(error, LATENCY))?,
            faults: faults.map_err(|error| explained(error, FAULT))?,
        })
    }
}

fn within_query(error: SpecError) -> SpecError {
    error.within(&format!("?{QUERY_PARAMETER}"))
}

/// Adds the items of a value of the parameter: name and specification.
fn split_items(value: &str, items: &mut Vec<(&'static str, String)>) -> Result<(), SpecError> {
    let text = decode(value).ok_or_else(|| SpecError::expected("UTF-8", value))?;
    if text.contains(char::is_control) {
        let rule = "expected no control characters; `\\n` in quotes is a line break";
        return Err(SpecError::violation(rule, &text.escape_debug().to_string()));
    }
    let before = items.len();
    for part in split_parameters(&text) {
        let named = ITEMS.into_iter().find_map(|name| {
            let rest = part.trim_start().strip_prefix(name)?;
            Some((name, rest.strip_prefix(':')?))
        });
        match (named, items.get_mut(before..).and_then(<[_]>::last_mut)) {
            (Some((name, spec)), _) => items.push((name, spec.to_owned())),
            (None, Some((_, spec))) => {
                spec.push(',');
                spec.push_str(part);
            }
            (None, None) => return Err(unknown_item(&text)),
        }
    }
    Ok(())
}

/// Why a text that begins with no known item is none.
fn unknown_item(text: &str) -> SpecError {
    let meant = if parse_faults(&[text]).is_ok() {
        FAULT
    } else if latency(text).is_ok() {
        LATENCY
    } else if let Some((name, _)) = text.split_once(':') {
        return SpecError::unknown("item", name, ITEMS);
    } else {
        return SpecError::expected("items such as `latency:50ms,fault:503`", text);
    };
    let rule =
        format!("expected `latency:` or `fault:`, got `{text}`; did you mean `{meant}:{text}`?");
    SpecError::rule(rule)
}

fn misspelt_item(items: &[(&'static str, String)]) -> Option<SpecError> {
    let parts = items
        .iter()
        .flat_map(|item| split_parameters(&item.1).into_iter().skip(1));
    let mut names = parts.filter_map(|part| Some(part.trim_start().split_once(':')?.0));
    let name = names.find(|name| did_you_mean(name, ITEMS).is_some())?;
    Some(SpecError::unknown("item", name, ITEMS))
}

fn text(value: &HeaderValue) -> Result<&str, SpecError> {
    let escaped = || value.as_bytes().escape_ascii().to_string();
    str::from_utf8(value.as_bytes()).map_err(|_| SpecError::expected("UTF-8", &escaped()))
}

fn latency(text: &str) -> Result<Latency, SpecError> {
    // It would be read while it is parsed.
    if names_file(text) {
        return Err(file_error(text));
    }
    text.parse()
}

/// `None` without texts.
fn parse_faults(texts: &[&str]) -> Result<Option<Faults>, SpecError> {
    match texts {
        [] => return Ok(None),
        [NO_FAULT] => return Ok(Some(Faults::default())),
        _ if texts.contains(&NO_FAULT) => {
            let rule = format!("expected `{NO_FAULT}` or faults, got both");
            return Err(SpecError::rule(rule));
        }
        _ => {}
    }
    let faults = texts.iter().map(|text| fault(text));
    Faults::new(faults.collect::<Result<_, _>>()?).map(Some)
}

fn fault(text: &str) -> Result<FaultSpec, SpecError> {
    let fault: FaultSpec = text.parse()?;
    if fault.file().is_some() {
        return Err(file_error(text));
    }
    Ok(fault)
}

/// A client must not read the files of the server.
fn file_error(text: &str) -> SpecError {
    SpecError::violation("a request cannot name a file of the server", text)
}

#[cfg(test)]
mod tests;
