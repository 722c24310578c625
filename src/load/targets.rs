//! The targets of a run, resolved: what is requested, and where.

use super::spec::LoadSpec;
use crate::options::proxy::ProxyOptions;
use anyhow::{Result, anyhow};
use bytes::Bytes;
use flagpole_client::{
    Endpoint, Expectation, LoadTarget, LoadTargets, RequestMessage, Scenario, Target,
};
use http::Method;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// The targets of a run, which refer to their endpoints by index.
pub(crate) struct Targets {
    pub(crate) list: LoadTargets,
    pub(crate) endpoints: Vec<Endpoint>,
    /// The steps, which are the targets.
    pub(crate) scenario: Option<Arc<Scenario>>,
}

impl Targets {
    /// Resolves the targets of a run; paths are on flagpole's own server, at this URL.
    pub(crate) fn new(spec: &LoadSpec, own: Option<&str>, proxy: &ProxyOptions) -> Result<Targets> {
        let (list, scenario) = parse(spec, own)?;
        let origins = list.origins().iter().cloned();
        let endpoints = origins.map(|origin| endpoint(origin, spec, proxy));
        Ok(Targets {
            endpoints: endpoints.collect::<Result<_>>()?,
            list,
            scenario: scenario.map(Arc::new),
        })
    }

    pub(crate) fn targets(&self) -> &[LoadTarget] {
        self.list.targets()
    }

    /// For people: `GET http://127.0.0.1:8000/`.
    pub(crate) fn names(&self) -> Vec<String> {
        let targets = self.targets().iter();
        let name = |target: &LoadTarget| {
            let root = self.endpoints[target.endpoint].target().to_string();
            let origin = root.trim_end_matches('/');
            format!("{} {origin}{}", target.message.method(), target.path)
        };
        targets.map(name).collect()
    }

    /// The first target, and how many others there are.
    pub(crate) fn title(&self) -> String {
        match self.names().as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, others @ ..] => format!("{first} and {} more", others.len()),
        }
    }

    pub(crate) fn weights(&self) -> Vec<u32> {
        self.targets().iter().map(|target| target.weight).collect()
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let addresses = self.endpoints.iter().map(Endpoint::addresses);
        addresses.flatten().copied().collect()
    }
}

/// The targets of a run, and its scenario. No host is looked up.
pub(crate) fn parse(spec: &LoadSpec, own: Option<&str>) -> Result<(LoadTargets, Option<Scenario>)> {
    let mut list = new_list(spec, own)?;
    let read = |file: &str| fs::read(file);
    for line in &spec.urls {
        if line.starts_with('{') {
            let added = list.add_list(line.as_bytes(), &read);
            added.map_err(|error| anyhow!("URL: {error}"))?;
        } else {
            list.add_url(line)
                .map_err(|error| anyhow!("URL: {error}"))?;
        }
    }
    let scenario = spec.scenario.as_ref().map(|scenario| {
        let text = toml::to_string(scenario)?;
        let added = list.add_scenario(&text, &read);
        added.map_err(|error| anyhow!("--scenario: {error}"))
    });
    Ok((list, scenario.transpose()?))
}

/// The largest content of a request, in bytes.
const MAX_BODY: u64 = 256 << 20;

/// Where flagpole's own server listens while targets are checked. Where it will listen is not known then, and does not matter.
const OWN: &str = "http://127.0.0.1";

/// Checks a file of targets; the error has its line and column.
pub(crate) fn check_list(
    spec: &LoadSpec,
    has_own_server: bool,
    text: &[u8],
    folder: &Path,
) -> Result<()> {
    let mut list = new_list(spec, has_own_server.then_some(OWN))?;
    let read = |file: &str| fs::read(folder.join(file));
    list.add_list(text, &read)
        .map_err(|error| anyhow!("{error}"))
}

/// Checks a scenario; the error has its line and column.
pub(crate) fn check_scenario(
    spec: &LoadSpec,
    has_own_server: bool,
    text: &str,
    folder: &Path,
) -> Result<()> {
    let mut list = new_list(spec, has_own_server.then_some(OWN))?;
    let read = |file: &str| fs::read(folder.join(file));
    let added = list.add_scenario(text, &read);
    added.map(drop).map_err(|error| anyhow!("{error}"))
}

/// An empty list, whose targets have the message and the expectation of the options. Paths belong to flagpole's own server at
/// this URL, or to the base of the run.
fn new_list(spec: &LoadSpec, own: Option<&str>) -> Result<LoadTargets> {
    let base = own
        .or(spec.base.as_deref())
        .map(str::parse::<Target>)
        .transpose();
    let base = base.map_err(|error| anyhow!("URL: {error}"))?;
    Ok(LoadTargets::new(base, message(spec)?, expectation(spec)))
}

fn endpoint(origin: Target, spec: &LoadSpec, proxy: &ProxyOptions) -> Result<Endpoint> {
    match &spec.unix_socket {
        Some(path) => {
            // Otherwise every request would fail.
            fs::metadata(path)
                .map_err(|error| anyhow!("--unix-socket: {}: {error}", path.display()))?;
            let endpoint = origin.resolve_at(path);
            endpoint.map_err(|error| anyhow!("--unix-socket: {error}"))
        }
        None => proxy.resolve(origin, "URL"),
    }
}

fn message(spec: &LoadSpec) -> Result<RequestMessage> {
    let body = match (&spec.body, &spec.body_file) {
        (Some(text), _) => Some(text.clone().into_bytes()),
        (None, Some(file)) => {
            let content = read_body(file);
            Some(content.map_err(|error| anyhow!("--body-file: {}: {error}", file.display()))?)
        }
        (None, None) => None,
    };
    let default = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let method = spec
        .method
        .as_ref()
        .map_or(default, |method| method.0.clone());
    let mut message = RequestMessage::new(method).map_err(|error| anyhow!("--method: {error}"))?;
    for field in &spec.header {
        let with_field = message.field(&field.name, &field.value);
        message = with_field.map_err(|error| anyhow!("--header: {error}"))?;
    }
    if let Some(media_type) = &spec.content_type {
        let with_field = message.field("Content-Type", media_type);
        message = with_field.map_err(|error| anyhow!("--content-type: {error}"))?;
    }
    Ok(match body {
        Some(body) => message.content(body),
        None => message,
    })
}

/// The content of a file; one without end is refused.
fn read_body(file: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let length = File::open(file)?
        .take(MAX_BODY + 1)
        .read_to_end(&mut content)?;
    if length as u64 > MAX_BODY {
        let message = format!("expected at most {} MiB", MAX_BODY >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(content)
}

fn expectation(spec: &LoadSpec) -> Expectation {
    Expectation {
        statuses: spec.expect_status.clone().unwrap_or_default(),
        digest: spec.expect_digest,
        body: spec.expect_body.clone().map(Bytes::from),
    }
}
