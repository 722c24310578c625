//! One passage through the steps of a scenario.

use super::cookie_jar::CookieJar;
use super::definition::{Scenario, Step, StepContent};
use crate::workload::source::{EndedRequest, FollowedRedirect, RenderedRequest};
use flagpole_protocol::{OriginForm, OutcomeClass};
use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// The state of an iteration. It begins without cookies and without values of responses.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    /// Among the iterations of all loops, from 0.
    number: u64,
    /// That of the source, which gets it back at the end.
    pub(super) owner: usize,
    /// The index of the step whose request is next or in flight.
    pub(super) step: usize,
    values: Vec<String>,
    cookies: CookieJar,
    /// The path of the request in flight, without the query.
    path: String,
}

/// What follows the end of a request.
pub(super) enum StepEnd {
    /// The next step is due at this time.
    NextStep(Duration),
    /// That was the last step; its think time ends at this time.
    Completed(Duration),
    /// The request was no success.
    Failed,
    /// A value is missing, for this reason.
    MissingValue(String),
}

impl Iteration {
    pub(super) fn new(scenario: &Scenario, number: u64, owner: usize) -> Iteration {
        let mut values = vec![String::new(); scenario.value_count];
        values[0] = (number + 1).to_string();
        for (value, variable) in values[1..].iter_mut().zip(&scenario.variables) {
            let index = number % variable.len() as u64;
            let index = usize::try_from(index).unwrap_or_default();
            value.clone_from(&variable[index]);
        }
        Iteration {
            number,
            owner,
            step: 0,
            values,
            cookies: CookieJar::default(),
            path: String::new(),
        }
    }

    /// The number of the request of the current step among the requests of all loops.
    pub(super) fn request_number(&self, scenario: &Scenario) -> u64 {
        let first = self.number.saturating_mul(scenario.steps.len() as u64);
        first.saturating_add(self.step as u64)
    }

    /// What the current step sends at `now` instead of the message of its target; `None` if nothing differs.
    ///
    /// # Errors
    /// Why no request can be made from the values.
    pub(super) fn render(
        &mut self,
        scenario: &Scenario,
        now: Duration,
    ) -> Result<Option<RenderedRequest>, String> {
        let step = &scenario.steps[self.step];
        let path = step.path.render(&self.values);
        if path.len() > OriginForm::MAX_LENGTH {
            let (length, limit) = (path.len(), OriginForm::MAX_LENGTH);
            return Err(format!("the path has {length} bytes, more than {limit}"));
        }
        self.set_path(&path);
        let cookies = self.cookies.field_value(step.endpoint, &self.path, now);
        if cookies.is_none() && !step.has_values() {
            return Ok(None);
        }
        self.request(step, path, cookies).map(Some)
    }

    /// What the current step sends after a redirect: the same with the path of the redirect, and with the cookies for it.
    pub(super) fn follow(
        &mut self,
        scenario: &Scenario,
        redirect: &FollowedRedirect<'_>,
    ) -> Option<RenderedRequest> {
        let (step, at) = (&scenario.steps[self.step], redirect.at);
        if let Some(response) = redirect.response {
            let fields = &response.fields;
            self.cookies.store(step.endpoint, &self.path, fields, at);
        }
        self.set_path(redirect.path);
        let cookies = self.cookies.field_value(step.endpoint, &self.path, at);
        // The values are those of the request before, which could be made.
        self.request(step, redirect.path.to_owned(), cookies).ok()
    }

    fn set_path(&mut self, path: &str) {
        self.path.clear();
        self.path.push_str(path.split('?').next().unwrap_or(path));
    }

    fn request(
        &self,
        step: &Step,
        path: String,
        cookies: Option<String>,
    ) -> Result<RenderedRequest, String> {
        let mut fields = self.fields(step)?;
        if let Some(cookies) = cookies {
            let own = fields.get(COOKIE).or(step.cookie.as_ref()).cloned();
            let own = own.as_ref().and_then(|own| own.to_str().ok());
            let all = own.map_or_else(|| cookies.clone(), |own| format!("{own}; {cookies}"));
            fields.insert(COOKIE, field_value(&COOKIE, &all)?);
        }
        let content = match &step.content {
            StepContent::Static(content) => content.clone(),
            StepContent::Rendered(template) => template.render(&self.values).into(),
        };
        Ok(RenderedRequest {
            path,
            fields,
            content,
        })
    }

    fn fields(&self, step: &Step) -> Result<HeaderMap, String> {
        let mut fields = HeaderMap::new();
        for (name, template) in &step.fields {
            let value = field_value(name, &template.render(&self.values))?;
            fields.append(name, value);
        }
        Ok(fields)
    }

    /// Takes cookies and values from the response to the current step.
    pub(super) fn finish_step(
        &mut self,
        scenario: &Scenario,
        seed: u64,
        ended: &EndedRequest<'_>,
    ) -> StepEnd {
        if ended.outcome.class() != OutcomeClass::Ok {
            return StepEnd::Failed;
        }
        let step = &scenario.steps[self.step];
        if let Some(response) = ended.response {
            let fields = &response.fields;
            self.cookies
                .store(step.endpoint, &self.path, fields, ended.at);
        }
        if let Err(reason) = self.extract(step, ended) {
            return StepEnd::MissingValue(reason);
        }
        let think = step.think.after(seed, self.request_number(scenario));
        let due = ended.at.saturating_add(think);
        self.step += 1;
        if self.step < scenario.steps.len() {
            StepEnd::NextStep(due)
        } else {
            StepEnd::Completed(due)
        }
    }

    fn extract(&mut self, step: &Step, ended: &EndedRequest<'_>) -> Result<(), String> {
        let mut document = None;
        for (index, extraction) in &step.extractions {
            let response = ended.response.ok_or("the response was not captured")?;
            self.values[*index] = extraction.extract(response, &mut document)?;
        }
        Ok(())
    }
}

fn field_value(name: &HeaderName, value: &str) -> Result<HeaderValue, String> {
    let refused = |_| format!("the value of the field `{name}` has control characters");
    HeaderValue::from_str(value).map_err(refused)
}
