//! `404` or `status:404`: another status instead of the response, with the status as a text body and the fields that
//! RFC 9110 demands of it.
//!
//! Parameters, whose values may be quoted strings:
//! - the status code, 200 to 999. RFC 9110 section 15 defines none from 600 on, but clients receive them;
//! - `retry-after=2s`: a `Retry-After` field in seconds; `date:+30s`: as a date that long after the response; or a date;
//! - `reason=Gone Fishing`: the reason phrase, in place of the standard one;
//! - `type=text/html`: the media type of the body;
//! - `body=sorry`: the body, exactly; or `body-file=PATH`: the content of a file of at most 8 MiB;
//! - `header=Name:Value`, repeatable: a field, in place of the one that would be sent.

mod retry_after;

use super::body_file::BodyFile;
use super::field;
use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use super::quoting::quote;
use bytes::Bytes;
use flagpole_protocol::{Fate, ResponseContent, SpecError, StatusResponse};
use http::header::CONTENT_RANGE;
use http::{HeaderName, HeaderValue, StatusCode};
use std::path::Path;
use std::sync::Arc;

#[derive(Debug)]
struct StatusFault {
    response: Arc<StatusResponse>,
    /// The media type as given; a file has one without it.
    content_type: Option<HeaderValue>,
    body_file: Option<BodyFile>,
}

impl Fault for StatusFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Status(self.response.clone());
    }

    fn text(&self) -> String {
        let response = &*self.response;
        let mut parts = vec![response.code.as_str().to_owned()];
        let mut add = |name: &str, value: &str| parts.push(format!("{name}={value}"));
        let lossy = String::from_utf8_lossy;
        if let Some(retry_after) = response.retry_after {
            add("retry-after", &retry_after::text(retry_after));
        }
        if let Some(reason) = &response.reason {
            add("reason", &quote(reason));
        }
        if let Some(content_type) = &self.content_type {
            add("type", &quote(&lossy(content_type.as_bytes())));
        }
        match (&self.body_file, &response.body) {
            (Some(file), _) => add("body-file", &quote(&file.path.to_string_lossy())),
            (None, Some(body)) => add("body", &quote(&lossy(body))),
            (None, None) => {}
        }
        for field in &response.fields {
            add("header", &field::text(field));
        }
        parts.join(",")
    }

    fn with_file(&self, folder: &Path) -> Option<ParsedFault> {
        let file = self.body_file.as_ref().filter(|file| !file.is_read)?;
        let read = file.read(folder).and_then(|(file, content)| {
            let mut response = StatusResponse::clone(&self.response);
            let content_type = HeaderValue::from_static(file.content_type());
            response.content_type.get_or_insert(content_type);
            response.body = Some(content);
            check_content_range(&response)?;
            Ok(Box::new(StatusFault {
                response: Arc::new(response),
                content_type: self.content_type.clone(),
                body_file: Some(file),
            }) as _)
        });
        Some(read.map_err(|error| error.within("body-file").within(MEMBER.name)))
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.body_file.as_ref()?.path)
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "status",
    about: "another status (200 to 999), with any fields and body",
    example: "503,retry-after=2s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let code = parse_code(parameters)?;
    let reason = parse_text(parameters, "reason", reason)?;
    let retry_after = parse_text(parameters, "retry-after", retry_after::parse)?;
    let content_type = parse_text(parameters, "type", media_type)?;
    let body = parameters.named_text("body")?.map(Bytes::from);
    let body_file = parameters.named_text("body-file")?;
    let fields = field::take_all(parameters, "header")?;
    let given = [
        ("type", content_type.is_some()),
        ("body", body.is_some()),
        ("body-file", body_file.is_some()),
    ];
    if let Some((name, _)) = given.iter().find(|(_, is_given)| *is_given)
        && !has_content(code)
    {
        let rule = format!("a response with status {} has no content", code.as_u16());
        return Err(SpecError::rule(rule).within(name));
    }
    if body.is_some() && body_file.is_some() {
        let rule = "expected `body` or `body-file`, got both".to_owned();
        return Err(SpecError::rule(rule));
    }
    let response = StatusResponse {
        code,
        reason,
        retry_after,
        content_type,
        body,
        fields,
    };
    check_content_range(&response).map_err(|error| error.within("body"))?;
    Ok(Box::new(StatusFault {
        content_type: response.content_type.clone(),
        response: Arc::new(response),
        body_file: body_file.as_deref().map(BodyFile::new),
    }))
}

fn parse_code(parameters: &mut FaultParameters<'_>) -> Result<StatusCode, SpecError> {
    let expected = "a status of 200 to 999, such as `404`";
    let text = parameters.required(expected)?;
    let code: u16 = number(text, 100.., expected)?;
    if code < 200 {
        let rule = format!(
            "expected {expected}, got `{code}`; the fault `interim` sends interim responses"
        );
        return Err(SpecError::rule(rule));
    }
    StatusCode::from_u16(code).map_err(|_| SpecError::expected(expected, text))
}

/// Takes the parameter `name`, if it is given. Errors have the name.
fn parse_text<T>(
    parameters: &mut FaultParameters<'_>,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, SpecError>,
) -> Result<Option<T>, SpecError> {
    let parsed = parameters
        .named_text(name)?
        .map(|text| parse(&text))
        .transpose();
    parsed.map_err(|error| error.within(name))
}

/// Whether responses with this status have content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
fn has_content(code: StatusCode) -> bool {
    !matches!(code.as_u16(), 204 | 205 | 304)
}

/// A reason phrase in ASCII (RFC 9112 section 4 allows more, but advises clients to ignore it).
fn reason(text: &str) -> Result<String, SpecError> {
    let is_printable = |byte: u8| matches!(byte, b' '..=b'~');
    if !text.is_empty() && text.bytes().all(is_printable) {
        return Ok(text.to_owned());
    }
    let got = text.escape_debug().to_string();
    Err(SpecError::expected("printable ASCII", &got))
}

/// A media type (RFC 9110 section 8.3.1); its parameters may be malformed.
fn media_type(text: &str) -> Result<HeaderValue, SpecError> {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_token = |text: &str| HeaderName::from_bytes(text.as_bytes()).is_ok();
    let value = HeaderValue::from_bytes(text.as_bytes()).ok();
    let parts = essence.split_once('/');
    let value = value.filter(|_| parts.is_some_and(|(main, sub)| is_token(main) && is_token(sub)));
    let got = text.escape_debug().to_string();
    value.ok_or_else(|| SpecError::expected("a media type such as `text/html`", &got))
}

/// Refuses a 206 without content, because no `Content-Range` describes an empty part.
fn check_content_range(response: &StatusResponse) -> Result<(), SpecError> {
    let is_empty = response.body.as_ref().is_some_and(Bytes::is_empty);
    let mut names = response.fields.iter().map(|(name, _)| name);
    let is_given = names.any(|name| name == CONTENT_RANGE);
    if response.code == StatusCode::PARTIAL_CONTENT && is_empty && !is_given {
        let rule = "an empty 206 needs `header=Content-Range:VALUE`".to_owned();
        return Err(SpecError::rule(rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
