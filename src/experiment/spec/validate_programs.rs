//! Checks of what an experiment says about programs.

use super::experiment::Experiment;
use super::program;
use crate::process::trial_job::Files;
use anyhow::{Result, anyhow, bail};
use flagpole_client::TransportKind;

impl Experiment {
    /// Rejects programs that cannot be compared, and what would have no effect on them.
    pub(super) fn check_programs(&self) -> Result<()> {
        if self.port.is_some() && self.url.is_some() {
            bail!("--port: needs flagpole's own server; remove `port` or `url`");
        }
        if self.programs.is_empty() {
            if self.program_timeout.is_some() {
                bail!("--command-timeout: needs --command");
            }
            return Ok(());
        }
        for (name, program) in &self.programs {
            program::check_name(name).map_err(|error| anyhow!("programs: {error}"))?;
            let checked = program.check();
            checked.map_err(|error| anyhow!("programs.{name}.{error}"))?;
        }
        if self.url.is_some() {
            bail!("--command: programs are measured by flagpole's own server; remove `--url`");
        }
        if self.files == Some(Files::FlagThenMetadata) {
            bail!(
                "files: programs download files that are independent of each other; use `both` instead of `metadata`"
            );
        }
        if self.has_strategies() {
            return Ok(());
        }
        let why = "applies to strategies, and only programs are compared";
        if !self.policies.is_empty() {
            bail!("policies: {why}; add --strategy");
        }
        if let Some(key) = self.policy.table().keys().next() {
            let option = key.replace('_', "-");
            bail!("--{option}: {why}, which have their own policy; add --strategy");
        }
        if self.transport != TransportKind::default() {
            bail!("--transport: {why}; add --strategy");
        }
        Ok(())
    }

    /// Whether strategies are compared, alone or with programs.
    pub(crate) fn has_strategies(&self) -> bool {
        self.programs.is_empty() || !self.grid.strategies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::experiment::spec::experiment::Experiment;

    fn error(text: &str) -> String {
        let checked = Experiment::parse(text, "x.toml").unwrap().check();
        checked.unwrap_err().to_string()
    }

    const PROGRAM: &str = "[programs.mine]\ncommand = 'x {url}'\n";

    #[test]
    fn programs_need_our_server_and_independent_files() {
        let url = format!("url = 'http://127.0.0.1:9'\n{PROGRAM}");
        assert_eq!(
            error(&url),
            "--command: programs are measured by flagpole's own server; remove `--url`"
        );
        let metadata = format!("files = 'metadata'\n{PROGRAM}");
        assert!(
            error(&metadata).starts_with("files: programs download files that are independent")
        );
        let port = "url = 'http://127.0.0.1:9'\nport = 8001";
        assert_eq!(
            error(port),
            "--port: needs flagpole's own server; remove `port` or `url`"
        );
        assert_eq!(
            error("program_timeout = '5s'"),
            "--command-timeout: needs --command"
        );
    }

    #[test]
    fn policy_and_transport_need_a_strategy() {
        let text = |more: &str| format!("{PROGRAM}{more}");
        assert_eq!(
            error(&text("[policy]\nretries = 3")),
            "--retries: applies to strategies, and only programs are compared, which have their own policy; add \
             --strategy"
        );
        assert!(error(&text("[policies.a]\n[policies.b]")).starts_with("policies: applies to"));
        assert!(error(&format!("transport = 'hyper'\n{PROGRAM}")).starts_with("--transport: "));
        let both = text("[policy]\nretries = 3\n[grid]\nstrategies = ['async']");
        Experiment::parse(&both, "x.toml").unwrap().check().unwrap();
    }

    #[test]
    fn names_and_checks_are_checked() {
        assert!(
            error("[programs.async]\ncommand = 'x'").starts_with("programs: `async` is the name")
        );
        assert!(error("[programs.'a b']\ncommand = 'x'").starts_with("programs: expected a name"));
        assert_eq!(
            error("[programs.mine]\ncommand = 'x'\ncheck = 'x {url}'"),
            "programs.mine.check: {url} is known only in a trial; only {clients} can be used"
        );
    }

    #[test]
    fn several_concurrencies_need_a_contender_that_takes_them() {
        let grid = "[grid]\nconcurrency = [2, 4]\n";
        assert_eq!(
            error(&format!("{PROGRAM}{grid}")),
            "--concurrency: several values make no difference to mine"
        );
        let taken = format!("{}{grid}", PROGRAM.replace("{url}", "{concurrency}"));
        Experiment::parse(&taken, "x.toml")
            .unwrap()
            .check()
            .unwrap();
    }
}
