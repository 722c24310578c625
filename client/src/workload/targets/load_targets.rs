//! The targets of a run, from URLs, files of targets and scenarios, with the origins that they name.

use super::load_target::LoadTarget;
use crate::workload::expectation::Expectation;
use crate::workload::request_message::RequestMessage;
use crate::workload::target::Target;
use flagpole_protocol::{OriginForm, SpecError, reason};
use url::Url;

/// The targets of a run. [`LoadTarget::endpoint`] is an index into [`origins`](LoadTargets::origins).
///
/// ```
/// use flagpole_client::{Expectation, LoadTargets, RequestMessage};
///
/// let mut targets = LoadTargets::new(None, RequestMessage::default(), Expectation::default());
/// targets.add_url("http://127.0.0.1:8000/flags/br/br.gif")?;
/// targets.add_url("http://127.0.0.1:8001/")?;
/// assert_eq!(targets.origins()[1].to_string(), "http://127.0.0.1:8001");
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LoadTargets {
    has_base: bool,
    origins: Vec<Target>,
    targets: Vec<LoadTarget>,
    message: RequestMessage,
    expectation: Expectation,
}

impl LoadTargets {
    /// No targets yet. Paths without a host belong to `base`, which becomes the first origin; targets that say nothing else
    /// have this message and expectation.
    pub fn new(
        base: Option<Target>,
        message: RequestMessage,
        expectation: Expectation,
    ) -> LoadTargets {
        LoadTargets {
            has_base: base.is_some(),
            origins: base.into_iter().collect(),
            targets: Vec::new(),
            message,
            expectation,
        }
    }

    /// The origins, each once, in the order in which targets name them.
    pub fn origins(&self) -> &[Target] {
        &self.origins
    }

    /// The targets in their order.
    pub fn targets(&self) -> &[LoadTarget] {
        &self.targets
    }

    /// Adds a URL, or a path of the base.
    ///
    /// # Errors
    /// If it is neither, its scheme is not http, or there are too many different paths.
    pub fn add_url(&mut self, url: &str) -> Result<(), SpecError> {
        let (endpoint, path) = self.locate(url)?;
        self.targets.push(LoadTarget {
            endpoint,
            path,
            message: self.message.clone(),
            weight: 1,
            expectation: self.expectation.clone(),
        });
        Ok(())
    }

    pub(crate) fn message(&self) -> &RequestMessage {
        &self.message
    }

    pub(crate) fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    pub(crate) fn push(&mut self, target: LoadTarget) {
        self.targets.push(target);
    }

    /// The origin and the path of a URL, or of a path of the base.
    pub(crate) fn locate(&mut self, url: &str) -> Result<(usize, OriginForm), SpecError> {
        let origin = self.origin_index(url)?;
        Ok((origin, self.origins[origin].origin_form(url)?))
    }

    /// The index of the origin of a URL, or of the base for a path. A new origin is added.
    pub(crate) fn origin_index(&mut self, url: &str) -> Result<usize, SpecError> {
        if url.starts_with('/') && !url.starts_with("//") {
            return if self.has_base {
                Ok(0)
            } else {
                let expected = "a URL that begins with `http://`, as there is none that a path could belong to";
                Err(SpecError::expected(expected, &reason(&url)))
            };
        }
        let origin = parse_origin(url)?;
        let is_same = |known: &Target| known.authority().eq_ignore_ascii_case(&origin.authority());
        Ok(self.origins.iter().position(is_same).unwrap_or_else(|| {
            self.origins.push(origin);
            self.origins.len() - 1
        }))
    }
}

/// The root of the server of a URL.
fn parse_origin(text: &str) -> Result<Target, SpecError> {
    let expected = |what: &str| SpecError::expected(what, &reason(&text));
    let malformed =
        || expected("a URL such as `http://127.0.0.1:8000/a`, or a path that begins with `/`");
    let url = Url::parse(text).map_err(|_| malformed())?;
    match url.scheme() {
        "http" => {}
        "https" => {
            return Err(expected(
                "a URL that begins with `http://`, as https is not supported",
            ));
        }
        _ => return Err(malformed()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(expected("a URL without user and password"));
    }
    let (host, port) = (url.host_str(), url.port_or_known_default());
    let (host, port) = host.zip(port).ok_or_else(malformed)?;
    let origin = format!("http://{host}:{port}").parse();
    origin.map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(base: Option<&str>) -> LoadTargets {
        let base = base.map(|base| base.parse().unwrap());
        LoadTargets::new(base, RequestMessage::default(), Expectation::default())
    }

    #[test]
    fn each_origin_is_listed_once() {
        let mut targets = targets(Some("http://H:8001/flags"));
        for url in [
            "/a",
            "http://other/b?c",
            "http://H:8001/d",
            "http://other:80/e f",
            "http://[::1]:8000",
        ] {
            targets.add_url(url).unwrap();
        }
        let located = targets.targets().iter();
        let located: Vec<_> = located
            .map(|one| (one.endpoint, one.path.as_str()))
            .collect();
        assert_eq!(
            located,
            [(0, "/a"), (1, "/b?c"), (0, "/d"), (1, "/e%20f"), (2, "/")]
        );
        let origins: Vec<_> = targets.origins().iter().map(Target::to_string).collect();
        assert_eq!(
            origins,
            ["http://H:8001", "http://other:80", "http://[::1]:8000"]
        );
    }

    #[test]
    fn what_is_no_url_is_refused_with_what_was_expected() {
        let malformed =
            "expected a URL such as `http://127.0.0.1:8000/a`, or a path that begins with `/`";
        for (url, expected) in [
            ("example.org/a", malformed),
            ("127.0.0.1:8000", malformed),
            ("//h/a", malformed),
            ("ftp://h/a", malformed),
            ("http://", malformed),
            ("http://h:0/", malformed),
            ("", malformed),
            (
                "https://h/",
                "expected a URL that begins with `http://`, as https is not supported",
            ),
            ("http://u:p@h/", "expected a URL without user and password"),
            (
                "/a",
                "expected a URL that begins with `http://`, as there is none that a path could belong to",
            ),
        ] {
            let error = targets(None).add_url(url).unwrap_err().to_string();
            assert_eq!(error, format!("{expected}, got `{url}`"));
        }
    }
}
