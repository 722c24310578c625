//! `flagpole completions`: shell completions.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole completions bash > ~/.local/share/bash-completion/completions/flagpole
  flagpole completions zsh > ~/.zfunc/_flagpole    # with ~/.zfunc in fpath
  flagpole completions fish > ~/.config/fish/completions/flagpole.fish")]
pub(crate) struct CompletionsArgs {
    /// Print completions for this shell
    shell: Shell,
}

impl CompletionsArgs {
    /// Prints the completions of `flagpole`.
    pub(crate) fn run(self, flagpole: &Command) -> Result<ExitStatus> {
        let mut text = Vec::new();
        let mut command = without_hidden(flagpole);
        clap_complete::generate(self.shell, &mut command, "flagpole", &mut text);
        output::result(&String::from_utf8_lossy(&text))?;
        Ok(ExitStatus::Success)
    }
}

/// The command without its hidden subcommands, which completions would offer too.
fn without_hidden(flagpole: &Command) -> Command {
    let subcommands = flagpole.get_subcommands();
    let subcommands = subcommands.filter(|command| !command.is_hide_set());
    Command::new("flagpole")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(subcommands.cloned())
}
