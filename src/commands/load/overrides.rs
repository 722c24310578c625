//! The run that `load` makes: that of a file or of options, with what the options replace.

use super::args::LoadArgs;
use super::target_files;
use crate::load::spec::LoadSpec;
use crate::options::names;
use anyhow::{Context as _, Error, Result, anyhow, bail};
use flagpole_client::Target;
use flagpole_server::config::listener::Listener;
use std::path::Path;

/// What is requested of flagpole's own server, unless a target is given.
const OWN_PATH: &str = "/flags/br/br.gif";

impl LoadArgs {
    /// The run, checked as far as its options go.
    pub(super) fn spec(&self) -> Result<LoadSpec> {
        let (file, urls) = self.file()?;
        let mut given = self.spec.clone();
        given.seed = self.server.seed();
        if self.urls.is_none() && self.scenario.is_none() {
            given.urls = urls;
        } else {
            let mut urls = urls.into_iter();
            given.base = urls.next();
            if let Some(other) = urls.next() {
                bail!(
                    "URL|FILE: expected one URL, to which the paths of the file belong, got `{other}` too"
                );
            }
        }
        let mut spec = given.merged_over(&file);
        // The options have targets, which replace those of a file.
        let has_targets = !given.urls.is_empty() || self.urls.is_some() || self.scenario.is_some();
        if has_targets {
            spec.urls.clone_from(&given.urls);
            spec.base.clone_from(&given.base);
            spec.scenario = None;
        }
        let has_own_server = self.server.is_given() || file.has_own_server();
        if let Some(list) = &self.urls {
            target_files::add_list(&mut spec, list, has_own_server)?;
        } else if let Some(scenario) = &self.scenario {
            target_files::set_scenario(&mut spec, scenario, has_own_server)?;
        }
        self.replace_server(&mut spec, &file, has_targets)?;
        if spec.unix_socket.is_some() && self.proxy.is_given() {
            bail!("--unix-socket: has no effect with a proxy");
        }
        let files = [("--records", &self.records), ("--hlog", &self.hlog)];
        let mut given = files.iter().filter(|(_, file)| file.is_some());
        if let (Some(_), Some((option, _))) = (spec.search_condition(), given.next()) {
            bail!("{option}: a search has several runs; run what it finds");
        }
        if spec.search_condition().is_some() && self.start_at.is_some() {
            bail!("--start-at: a search has several runs, which start one after the other");
        }
        spec.check()?;
        Ok(spec)
    }

    /// The run of the file, if one is named, and the positional targets.
    fn file(&self) -> Result<(LoadSpec, Vec<String>)> {
        let is_file = |text: &String| !text.contains("://") && !self.is_own_path(text);
        match self.targets.as_slice() {
            [file] if is_file(file) => {
                let is_host = !Path::new(file).exists() && file.contains([':', '/']);
                if is_host && format!("http://{file}").parse::<Target>().is_ok() {
                    bail!(
                        "URL|FILE: expected a URL or a file, got `{file}`; did you mean `http://{file}`?"
                    );
                }
                if file.starts_with('/') && !Path::new(file).exists() {
                    bail!(
                        "URL|FILE: expected a URL or a file, got `{file}`; for a path on flagpole's own server, add an option \
                         of it, such as `--latency 20ms`"
                    );
                }
                Ok((LoadSpec::load(file)?, Vec::new()))
            }
            targets => {
                if let Some(other) = targets.iter().find(|text| is_file(text)) {
                    bail!(
                        "URL|FILE: expected URLs such as `http://127.0.0.1:8000/`, or one file, got `{other}`"
                    );
                }
                Ok((LoadSpec::default(), targets.to_vec()))
            }
        }
    }

    /// Whether a target is a path on flagpole's own server.
    fn is_own_path(&self, text: &str) -> bool {
        self.server.is_given() && text.starts_with('/') && !Path::new(text).exists()
    }

    /// Replaces flagpole's own server by a URL, or the URL by the server, or changes the server.
    fn replace_server(
        &self,
        spec: &mut LoadSpec,
        file: &LoadSpec,
        has_targets: bool,
    ) -> Result<()> {
        let is_external = |spec: &LoadSpec| {
            let mut urls = spec.base.iter().chain(&spec.urls);
            urls.any(|url| url.contains("://"))
        };
        if has_targets && is_external(spec) {
            if let Some(option) = self.server.first_given() {
                bail!("{option}: changes flagpole's own server, but a URL of another one is given");
            }
            (spec.server, spec.profile) = (None, None);
        } else if self.server.is_given() {
            let keeps_server = file.has_own_server() && !self.server.names_profile();
            spec.server = Some(if keeps_server {
                let mut listener = spec.listener()?.context("the file has a server")?;
                self.server.change_only(&mut listener)?;
                listener
            } else {
                self.only_listener()?
            });
            (spec.profile, spec.base) = (None, None);
            if is_external(spec) {
                spec.urls.clear();
            }
        }
        if spec.urls.is_empty() && spec.scenario.is_none() {
            if !spec.has_own_server() {
                bail!(
                    "missing URL: expected a URL such as `http://127.0.0.1:8000/`, or an option of flagpole's own server such as \
                     `--latency 20ms`; see `flagpole load --help`"
                );
            }
            spec.urls.push(OWN_PATH.to_owned());
        }
        Ok(())
    }

    /// The error, which begins with the option or key that caused it. If the value is from the file, it is named as in the file:
    /// `fail_if` instead of `--fail-if`.
    pub(super) fn name_cause(&self, error: Error) -> Error {
        let text = format!("{error:#}");
        let option = text.split(':').next().unwrap_or_default();
        match self.targets.as_slice() {
            [file]
                if !file.contains("://")
                    && option.starts_with("--")
                    && !self.typed.contains(option) =>
            {
                anyhow!("{file}: {}", names::with_keys(&text))
            }
            _ => error,
        }
    }

    /// The only listener of the named profile, by default of `clean`.
    fn only_listener(&self) -> Result<Listener> {
        let mut profile = self.server.effective_profile("clean")?;
        if profile.listeners.len() > 1 {
            let names = profile.listeners.iter().flat_map(|one| &one.name);
            let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
            bail!("--profile: expected one listener, got {names}; choose one with `--listener`");
        }
        let mut listener = profile.listeners.pop().unwrap_or_default();
        listener.port = None;
        Ok(listener)
    }
}
