//! Makes a scenario of a file, and targets of its steps.

use super::definition::{Scenario, Step, StepContent};
use super::document::{ExtractDocument, ScenarioDocument, StepDocument};
use super::extraction::Extraction;
use super::template::{Encoding, Template, is_name};
use crate::workload::expectation::Expectation;
use crate::workload::file_error::LoadFileError;
use crate::workload::request_message::RequestMessage;
use crate::workload::targets::list_entry::ReadFile;
use crate::workload::targets::load_target::LoadTarget;
use crate::workload::targets::load_targets::LoadTargets;
use flagpole_protocol::spec::reword_serde_error;
use flagpole_protocol::{OriginForm, SpecError, reason};
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, Method};
use std::fmt::Display;
use std::mem::take;
use toml::Spanned;

/// The names of values that are no variables.
const BUILT_IN: [&str; 1] = ["iteration"];

impl LoadTargets {
    /// Adds the steps of a scenario file (docs/scenarios.md) as targets. `read` reads the files that `body_file` names.
    ///
    /// # Errors
    /// The first key or value that is refused.
    pub fn add_scenario(
        &mut self,
        text: &str,
        read: ReadFile<'_>,
    ) -> Result<Scenario, LoadFileError> {
        let parsed = toml::from_str(text);
        let document: ScenarioDocument = parsed.map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let sentence = reword_serde_error(error.message());
            LoadFileError::at(text, start, reason(&sentence))
        })?;
        Compiler {
            text,
            read,
            targets: self,
            names: BUILT_IN.map(str::to_owned).into(),
        }
        .compile(document)
    }
}

struct Compiler<'a> {
    text: &'a str,
    read: ReadFile<'a>,
    targets: &'a mut LoadTargets,
    /// The names of the values that a step may use, by their indexes.
    names: Vec<String>,
}

impl Compiler<'_> {
    fn compile(&mut self, document: ScenarioDocument) -> Result<Scenario, LoadFileError> {
        if document.steps.is_empty() {
            let expected = "expected at least one `[[step]]`, got none";
            return Err(LoadFileError::new(1, 1, expected));
        }
        let mut variables = Vec::new();
        for (name, values) in document.variables {
            self.check_name(&name)?;
            self.names.push(name.get_ref().clone());
            let texts = values.get_ref().as_slice();
            // Variables are often in fields, which would be refused at the first iteration.
            let is_refused = |text: &String| text.contains(char::is_control);
            if texts.is_empty() || texts.iter().any(is_refused) {
                let expected = "expected one or more texts without control characters";
                return Err(self.refuse(&values, expected));
            }
            variables.push(texts.to_vec());
        }
        let variable_count = self.names.len();
        let mut steps = Vec::new();
        for (number, step) in (1..).zip(document.steps) {
            steps.push(self.step(number, step, variable_count)?);
        }
        Ok(Scenario {
            steps,
            variables,
            value_count: self.names.len(),
            think: document.think.unwrap_or_default(),
        })
    }

    fn step(
        &mut self,
        number: usize,
        mut document: StepDocument,
        variable_count: usize,
    ) -> Result<Step, LoadFileError> {
        let (endpoint, path, path_template) = self.url(&document.url)?;
        let (message, fields) = self.fields(&document)?;
        let media_type = message.fields().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        let encoding = Encoding::from_media_type(media_type.unwrap_or_default());
        let (message, content) = self.content(message, &document, encoding)?;
        let message = self.with_method(message, &document)?;
        let cookie = message.fields().get(COOKIE).cloned();
        let extractions = self.extractions(take(&mut document.extract), variable_count)?;
        let default = self.targets.expectation();
        let body = document.expect_body.map(|body| body.into_bytes().into());
        let target = self.targets.targets().len();
        let expectation = Expectation {
            statuses: (document.expect_status).unwrap_or_else(|| default.statuses.clone()),
            digest: document.expect_digest.or(default.digest),
            body: body.or_else(|| default.body.clone()),
        };
        self.targets.push(LoadTarget {
            endpoint,
            path,
            message,
            weight: 1,
            expectation,
        });
        Ok(Step {
            name: document.name.unwrap_or_else(|| format!("step {number}")),
            target,
            endpoint,
            path: path_template,
            fields,
            cookie,
            content,
            extractions,
            think: document.think.unwrap_or_default(),
        })
    }

    /// The endpoint, the path as records show it, and the path of requests.
    fn url(
        &mut self,
        url: &Spanned<String>,
    ) -> Result<(usize, OriginForm, Template), LoadFileError> {
        let raw = url.get_ref().as_str();
        let template = self.template(raw, Encoding::Percent, url)?;
        if !template.has_values() {
            let located = self.targets.locate(&template.render(&[]));
            let (endpoint, path) = located.map_err(|error| self.refuse(url, error))?;
            // Braces of the path stay what they are.
            return Ok((endpoint, path, Template::from_text(path.as_str())));
        }
        let (host, path) = raw.split_at(path_start(raw));
        if host.contains('{') {
            let expected = SpecError::expected("a URL without placeholders in its host", raw);
            return Err(self.refuse(url, expected));
        }
        let located = self.targets.origin_index(raw);
        let endpoint = located.map_err(|error| self.refuse(url, error))?;
        let shown = path
            .parse()
            .map_err(|error: SpecError| self.refuse(url, error))?;
        let template = self.template(path, Encoding::Percent, url)?;
        Ok((endpoint, shown, template))
    }

    /// The message with all fields, and the names that have placeholders with all of their values.
    fn fields(
        &self,
        document: &StepDocument,
    ) -> Result<(RequestMessage, Vec<(HeaderName, Template)>), LoadFileError> {
        let mut message = self.targets.message().clone();
        let mut rendered = Vec::new();
        for (name, values) in &document.fields {
            message = message.without_field(name.get_ref());
            let mut templates = Vec::new();
            for value in values.get_ref().as_slice() {
                let template = self.template(value, Encoding::Plain, values)?;
                let text = if template.has_values() {
                    value.clone()
                } else {
                    template.render(&[])
                };
                let added = message.field(name.get_ref(), &text);
                message = added.map_err(|error| self.refuse(name, error))?;
                templates.push(template);
            }
            if templates.iter().any(Template::has_values)
                && let Ok(name) = name.get_ref().parse::<HeaderName>()
            {
                rendered.extend(templates.into_iter().map(|one| (name.clone(), one)));
            }
        }
        Ok((message, rendered))
    }

    fn content(
        &self,
        message: RequestMessage,
        document: &StepDocument,
        encoding: Encoding,
    ) -> Result<(RequestMessage, StepContent), LoadFileError> {
        match (&document.body, &document.body_file) {
            (Some(_), Some(file)) => {
                let expected = "expected only one of `body` and `body_file`";
                Err(self.refuse(file, expected))
            }
            (None, Some(file)) => {
                let name = file.get_ref();
                let content = (self.read)(name).map_err(|error| {
                    self.refuse(file, format_args!("cannot read `{name}`: {error}"))
                })?;
                let message = message.content(content);
                let content = StepContent::Static(message.body().clone());
                Ok((message, content))
            }
            (Some(body), None) => {
                let template = self.template(body.get_ref(), encoding, body)?;
                if template.has_values() {
                    let message = message.content(body.get_ref().clone());
                    return Ok((message, StepContent::Rendered(template)));
                }
                let message = message.content(template.render(&[]));
                let content = StepContent::Static(message.body().clone());
                Ok((message, content))
            }
            (None, None) => {
                let content = StepContent::Static(message.body().clone());
                Ok((message, content))
            }
        }
    }

    /// That of the step; without one, a step that has content is a POST unless all targets have another method.
    fn with_method(
        &self,
        message: RequestMessage,
        document: &StepDocument,
    ) -> Result<RequestMessage, LoadFileError> {
        let has_content = document.body.is_some() || document.body_file.is_some();
        let method = match &document.method {
            Some(method) => method.clone(),
            None if has_content && *message.method() == Method::GET => Method::POST,
            None => return Ok(message),
        };
        let changed = message.with_method(method);
        changed.map_err(|error| self.refuse(&document.url, error))
    }

    fn extractions(
        &mut self,
        extract: std::collections::BTreeMap<Spanned<String>, Spanned<ExtractDocument>>,
        variable_count: usize,
    ) -> Result<Vec<(usize, Extraction)>, LoadFileError> {
        let mut extractions = Vec::new();
        for (name, from) in extract {
            self.check_name(&name)?;
            let known = self.names.iter().position(|known| known == name.get_ref());
            if known.is_some_and(|index| index < variable_count) {
                let sentence = format!("`{}` is the name of a variable", name.get_ref());
                return Err(self.refuse(&name, sentence));
            }
            let extraction = match (&from.get_ref().json, &from.get_ref().field) {
                (Some(pointer), None) => Extraction::from_pointer(pointer),
                (None, Some(field)) => Extraction::from_field(field),
                _ => {
                    let expected = "expected either `json` or `field`";
                    return Err(self.refuse(&from, expected));
                }
            };
            let extraction = extraction.map_err(|error| self.refuse(&from, error))?;
            let index = known.unwrap_or_else(|| {
                self.names.push(name.into_inner());
                self.names.len() - 1
            });
            extractions.push((index, extraction));
        }
        Ok(extractions)
    }

    fn template<T>(
        &self,
        text: &str,
        encoding: Encoding,
        place: &Spanned<T>,
    ) -> Result<Template, LoadFileError> {
        let parsed = Template::parse(text, encoding, &self.names);
        parsed.map_err(|error| self.refuse(place, error))
    }

    /// Refuses a new name that is no placeholder, or a built-in one.
    fn check_name(&self, name: &Spanned<String>) -> Result<(), LoadFileError> {
        let text = name.get_ref().as_str();
        if is_name(text) && !BUILT_IN.contains(&text) {
            return Ok(());
        }
        let expected = "a name of letters, digits, `_` and `-` that begins with a letter or `_` and is not `iteration`";
        Err(self.refuse(name, SpecError::expected(expected, &reason(&text))))
    }

    fn refuse<T>(&self, place: &Spanned<T>, sentence: impl Display) -> LoadFileError {
        LoadFileError::at(self.text, place.span().start, sentence)
    }
}

/// Where the path of a URL begins, or a path itself.
fn path_start(url: &str) -> usize {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    url[host..].find('/').map_or(url.len(), |path| host + path)
}

#[cfg(test)]
mod tests;
