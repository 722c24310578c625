//! `flagpole completions`: shell completions. The shell calls `flagpole` at every completion, which then answers with
//! the names that it knows.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::env::Shells;

/// The environment variable by which the script of a shell asks for completions.
pub(crate) const VARIABLE: &str = "FLAGPOLE_COMPLETE";

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole completions bash >> ~/.bashrc
  flagpole completions zsh >> ~/.zshrc    # after compinit
  flagpole completions fish > ~/.config/fish/completions/flagpole.fish
  flagpole completions elvish >> ~/.config/elvish/rc.elv
  flagpole completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArgs {
    /// Print completions for this shell
    #[arg(value_parser = PossibleValuesParser::new(Shells::builtins().names()))]
    shell: String,
}

/// The command without its hidden subcommands, which the shells would complete too.
pub(crate) fn without_hidden(flagpole: &Command) -> Command {
    let shown = flagpole.get_subcommands().filter(|one| !one.is_hide_set());
    Command::new("flagpole")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(shown.cloned())
}

impl CompletionsArgs {
    /// Prints the completions of `flagpole`.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let (shells, mut text) = (Shells::builtins(), Vec::new());
        let shell = shells.completer(&self.shell);
        let shell = shell.expect("the value is one of the names");
        shell.write_registration(VARIABLE, "flagpole", "flagpole", "flagpole", &mut text)?;
        output::result(&String::from_utf8(text)?)?;
        Ok(ExitStatus::Success)
    }
}
