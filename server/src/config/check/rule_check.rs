//! Checks of one rule.

use super::violation::{Violation, check_name};
use crate::config::rule::Rule;
use crate::fate::fault::Faults;
use flagpole_protocol::spec::DurationDisplay;
use http::Method;

/// Checks everything that serde does not check.
pub(crate) fn check_rule(rule: &Rule) -> Result<(), Violation> {
    check_name(rule.name.as_deref())?;
    let is_reserved = |name: &&String| *name == "listener" || name.starts_with("rule[");
    if let Some(name) = rule.name.as_ref().filter(is_reserved) {
        return Err(Violation::at(
            "name",
            format!("`{name}` is a reserved name"),
        ));
    }
    if let Some(method) = rule.method.as_ref().filter(|method| !is_known(method)) {
        let reason = format!("expected a method such as `GET`, got `{method}`");
        return Err(Violation::at("method", reason));
    }
    for (key, count) in [("first", rule.first), ("every", rule.every)] {
        if count == Some(0) {
            return Err(Violation::at(
                key,
                "expected a whole number from 1, got `0`",
            ));
        }
    }
    if !rule.has_request_number() {
        let reason = "no request number satisfies `first`, `every` and `n` of this rule";
        return Err(Violation::new(reason));
    }
    let from = rule.from.unwrap_or_default();
    if let Some(to) = rule.to.filter(|&to| to <= from) {
        let (from, to) = (DurationDisplay(from), DurationDisplay(to));
        return Err(Violation::at(
            "to",
            format!("expected a time after `{from}`, got `{to}`"),
        ));
    }
    match Faults::new(rule.faults.clone()) {
        Err(error) => Err(Violation::at("faults", error.to_string())),
        Ok(_) => Ok(()),
    }
}

/// Whether a method consists of capital letters and hyphens, as all registered methods do; case matters (RFC 9110
/// section 9.1).
fn is_known(method: &Method) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    method.as_str().bytes().all(is_usual)
}
