//! A program that is compared: any command that downloads the files of the workload from flagpole's own server.

use super::command_line::{Placeholder, ProgramCommand};
use flagpole_client::strategy;
use flagpole_protocol::SpecError;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use std::str::FromStr;

/// The maximum length of a name, in characters: it stands in tables of 80 columns.
const MAX_NAME: usize = 40;

/// A program, as an experiment describes it.
#[skip_serializing_none]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    /// What a trial runs.
    pub(crate) command: ProgramCommand,
    /// A command whose failure means that the program is not installed, so that it is left out.
    pub(crate) check: Option<ProgramCommand>,
    /// How to get the program, for people.
    pub(crate) install: Option<String>,
}

impl Program {
    /// Checks what its file or option says.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let check = self.check.iter().flat_map(ProgramCommand::placeholders);
        match check.into_iter().find(|one| *one != Placeholder::Clients) {
            Some(other) => Err(SpecError::rule(format!(
                "check: {other} is known only in a trial; only {} can be used",
                Placeholder::Clients
            ))),
            None => Ok(()),
        }
    }
}

/// Checks the name of a program. It stands beside those of strategies in tables and conditions.
pub(crate) fn check_name(name: &str) -> Result<(), SpecError> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_allowed) {
        let rule = format!("a name of at most {MAX_NAME} letters, digits, `-` and `_`");
        return Err(SpecError::expected(&rule, &name.escape_debug().to_string()));
    }
    if name == "baseline" || strategy::by_name(name).is_ok() {
        let what = if name == "baseline" {
            "the name of an earlier result"
        } else {
            "the name of a strategy"
        };
        return Err(SpecError::rule(format!(
            "`{name}` is {what}; choose another name, such as `my-{name}`"
        )));
    }
    Ok(())
}

/// `NAME=COMMAND`, a program of the command line.
#[derive(Clone, Debug)]
pub(crate) struct NamedProgram {
    pub(crate) name: String,
    pub(crate) program: Program,
}

impl FromStr for NamedProgram {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<NamedProgram, SpecError> {
        let form = "`NAME=COMMAND`, such as `mine=python3 client.py {url}`";
        let split = text.split_once('=');
        let (name, command) = split.ok_or_else(|| SpecError::expected(form, text))?;
        check_name(name)?;
        Ok(NamedProgram {
            name: name.to_owned(),
            program: Program {
                command: command.parse()?,
                check: None,
                install: None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_before_the_first_equals_sign() {
        let named: NamedProgram = "py-2=env A=b python3 {url}".parse().unwrap();
        assert_eq!(named.name, "py-2");
        assert_eq!(named.program.command.to_string(), "env A=b python3 {url}");
    }

    #[test]
    fn names_that_cannot_stand_beside_strategies_are_refused() {
        let error = |text: &str| text.parse::<NamedProgram>().unwrap_err().to_string();
        let rule = "expected a name of at most 40 letters, digits, `-` and `_`, got ";
        assert_eq!(error("a/b=x"), format!("{rule}`a/b`"));
        assert_eq!(error("a\u{1b}[31m=x"), format!("{rule}`a\\u{{1b}}[31m`"));
        assert_eq!(error("=x"), format!("{rule}``"));
        assert_eq!(
            error("async=x"),
            "`async` is the name of a strategy; choose another name, such as `my-async`"
        );
        assert!(error("baseline=x").starts_with("`baseline` is the name of an earlier result"));
        assert!(error("curl").starts_with("expected `NAME=COMMAND`"));
    }
}
