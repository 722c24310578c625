//! Checks of a listener and its rules.

use super::rule_check::check_rule;
use super::violation::{Violation, check_name};
use crate::config::check::profile_error::ProfileError;
use crate::config::listener::Listener;
use crate::config::rule::Rule;
use crate::fate::fault::Faults;

/// Maximum number of rules, because a request may be compared with each.
const MAX_RULES: usize = 1000;

/// Maximum concurrency limit, and maximum length of the queue.
const MAX_REQUESTS: u32 = 1_000_000;

impl Listener {
    /// Checks ranges, the rules, and conditions between several values.
    ///
    /// # Errors
    /// The first violation, with its key.
    pub fn check(&self) -> Result<(), ProfileError> {
        check_listener(self).map_err(ProfileError::without_text)
    }
}

/// Checks everything that serde does not check.
pub(crate) fn check_listener(listener: &Listener) -> Result<(), Violation> {
    check_name(listener.name.as_deref())?;
    check_concurrency(listener)?;
    if let Err(error) = Faults::new(listener.faults.clone()) {
        return Err(Violation::at("faults", error.to_string()));
    }
    let count = listener.rules.len();
    if count > MAX_RULES {
        let reason = format!("expected at most {MAX_RULES} rules, got {count}");
        return Err(Violation::at("rule", reason));
    }
    for (index, rule) in listener.rules.iter().enumerate() {
        check_rule(rule)
            .and_then(|()| check_reachable(&listener.rules[..index]))
            .and_then(|()| check_unique_name(rule, &listener.rules[..index]))
            .map_err(|violation| violation.within("rule", index))?;
    }
    Ok(())
}

fn check_concurrency(listener: &Listener) -> Result<(), Violation> {
    let is_valid = |limit: &u32| (1..=MAX_REQUESTS).contains(limit);
    if let Some(limit) = listener.concurrency_limit.filter(|limit| !is_valid(limit)) {
        let reason = format!("expected 1 to {MAX_REQUESTS}, got `{limit}`");
        return Err(Violation::at("concurrency_limit", reason));
    }
    match listener.queue {
        Some(_) if listener.concurrency_limit.is_none() => {
            Err(Violation::at("queue", "needs `concurrency_limit`"))
        }
        Some(queue) if queue > MAX_REQUESTS => {
            let reason = format!("expected at most {MAX_REQUESTS}, got `{queue}`");
            Err(Violation::at("queue", reason))
        }
        _ => Ok(()),
    }
}

/// Checks that no earlier rule matches every request.
fn check_reachable(earlier: &[Rule]) -> Result<(), Violation> {
    match earlier.iter().position(Rule::matches_all) {
        Some(index) => {
            let reason = format!("never reached: `rule[{index}]` matches every request");
            Err(Violation::new(reason))
        }
        None => Ok(()),
    }
}

fn check_unique_name(rule: &Rule, earlier: &[Rule]) -> Result<(), Violation> {
    let is_used = |name: &&String| {
        earlier
            .iter()
            .any(|other| other.name.as_ref() == Some(name))
    };
    match rule.name.as_ref().filter(is_used) {
        Some(name) => {
            let reason = format!("name `{name}` is already used by another rule");
            Err(Violation::at("name", reason))
        }
        None => Ok(()),
    }
}
