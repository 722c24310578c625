//! `flagpole completions`: shell completions. The shell calls `flagpole` at every completion, which then answers with
//! the names that it knows.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::{Args, Command, ValueEnum};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

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
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
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
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Elvish => &Elvish,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
            Shell::Zsh => &Zsh,
        };
        let mut text = Vec::new();
        shell.write_registration(VARIABLE, "flagpole", "flagpole", "flagpole", &mut text)?;
        output::result(&String::from_utf8(text)?)?;
        Ok(ExitStatus::Success)
    }
}
