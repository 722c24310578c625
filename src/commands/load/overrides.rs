//! The run that `load` makes: that of a file or of options, with what the options replace.

use super::args::LoadArgs;
use crate::load::spec::LoadSpec;
use crate::load::targets;
use crate::options::names;
use anyhow::{Context as _, Error, Result, anyhow, bail};
use flagpole_client::Target;
use flagpole_server::config::listener::Listener;
use serde_json::Value;
use std::fs;
use std::path::{self, Path};

/// What is requested of flagpole's own server, unless a target is given.
const OWN_PATH: &str = "/flags/br/br.gif";

impl LoadArgs {
    /// The run, checked as far as its options go.
    pub(super) fn spec(&self) -> Result<LoadSpec> {
        let (base, urls) = self.base()?;
        let mut given = self.spec.clone();
        given.urls = urls;
        let list = self.urls.as_deref().map(read_list).transpose()?;
        if let (Some(file), Some(text)) = (&self.urls, &list) {
            let lines = lines(text, folder(file))?;
            given.urls.extend(lines);
        }
        let mut spec = given.merged_over(&base);
        if let (Some(file), Some(text)) = (&self.urls, &list) {
            let has_own_server = self.server.is_given() || base.has_own_server();
            let checked = targets::check_list(&spec, has_own_server, text, folder(file));
            checked.map_err(|error| anyhow!("--urls: {}:{error:#}", file.display()))?;
        }
        self.replace_server(&mut spec, &base, &given)?;
        spec.seed = self.server.seed().or(spec.seed);
        spec.check()?;
        Ok(spec)
    }

    /// The run of the file, if one is named, and the positional targets.
    fn base(&self) -> Result<(LoadSpec, Vec<String>)> {
        let is_file = |text: &String| !text.contains("://") && !self.is_own_path(text);
        match self.targets.as_slice() {
            [file] if is_file(file) => {
                let is_host = !Path::new(file).exists() && file.contains([':', '/']);
                if is_host && format!("http://{file}").parse::<Target>().is_ok() {
                    bail!(
                        "URL|FILE: expected a URL or a file, got `{file}`; did you mean `http://{file}`?"
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
    fn replace_server(&self, spec: &mut LoadSpec, base: &LoadSpec, given: &LoadSpec) -> Result<()> {
        let is_external = |urls: &[String]| urls.iter().any(|url| url.contains("://"));
        if is_external(&given.urls) {
            if let Some(option) = self.server.first_given() {
                bail!("{option}: changes flagpole's own server, but a URL of another one is given");
            }
            (spec.server, spec.profile) = (None, None);
        } else if self.server.is_given() {
            let keeps_server = base.has_own_server() && !self.server.names_profile();
            spec.server = Some(if keeps_server {
                let mut listener = spec.listener()?.context("the file has a server")?;
                self.server.change_only(&mut listener)?;
                listener
            } else {
                self.only_listener()?
            });
            spec.profile = None;
            if is_external(&spec.urls) {
                spec.urls.clear();
            }
        }
        if spec.has_own_server() && spec.urls.is_empty() {
            spec.urls.push(OWN_PATH.to_owned());
        }
        if spec.urls.is_empty() {
            bail!(
                "missing URL: expected a URL such as `http://127.0.0.1:8000/`, or an option of flagpole's own server such as `--latency 20ms`; \
                 see `flagpole load --help`"
            );
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

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

fn read_list(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("--urls: {}", file.display()))
}

/// The lines of a list of targets, without comments, as a run keeps them: with the bodies of files that are named.
fn lines(text: &[u8], folder: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8_lossy(text);
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| with_body(line, folder)).collect()
}

/// The line of a list, with the content of its `body_file` instead, if that is text; otherwise with its absolute path.
fn with_body(line: &str, folder: &Path) -> Result<String> {
    let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else {
        return Ok(line.to_owned());
    };
    let Some(Value::String(file)) = entry.remove("body_file") else {
        return Ok(line.to_owned());
    };
    let path = folder.join(file);
    let content =
        fs::read(&path).with_context(|| format!("--urls: body_file: {}", path.display()))?;
    if let Ok(text) = String::from_utf8(content) {
        entry.insert("body".to_owned(), text.into());
    } else {
        let path = path::absolute(path)?;
        entry.insert("body_file".to_owned(), path.to_string_lossy().into());
    }
    Ok(Value::Object(entry).to_string())
}
