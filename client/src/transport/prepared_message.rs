//! A request message, encoded once for all requests of a run.

use crate::workload::request_message::is_about_content;
use crate::{Endpoint, Proxy, RenderedRequest, RequestMessage};
use bytes::Bytes;
use flagpole_protocol::headers;
use flagpole_protocol::http1::write_field_line;
use http::Method;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue,
    PROXY_AUTHORIZATION, USER_AGENT,
};

const RUN: HeaderName = HeaderName::from_static(headers::RUN_HEADER);
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("flagpole/", env!("CARGO_PKG_VERSION")));

/// Method, fields and content of the requests of a run.
#[derive(Clone, Debug)]
pub(crate) struct PreparedMessage {
    pub(crate) method: Method,
    /// The field lines that are the same for all requests.
    pub(crate) fields: Vec<u8>,
    /// The same fields for a library that takes values.
    pub(crate) values: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Bytes,
}

impl PreparedMessage {
    /// For requests to `endpoint`. `run_name` is the value of `Flagpole-Run`.
    pub(super) fn new(
        message: &RequestMessage,
        endpoint: &Endpoint,
        reuse: bool,
        run_name: Option<&HeaderValue>,
    ) -> PreparedMessage {
        let host = HeaderValue::try_from(endpoint.target().authority());
        let host = host.expect("the authority was part of a URL");
        // A server cannot decode what was not asked for, and a digest is that of the coded bytes (RFC 9110 section 12.5.3).
        let defaults = [
            (HOST, host),
            (USER_AGENT, AGENT),
            (ACCEPT_ENCODING, IDENTITY),
        ];
        let given = message.fields();
        let defaults = defaults
            .into_iter()
            .filter(|(name, _)| !given.contains_key(name));
        let given = given
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let mut values: Vec<_> = defaults.chain(given).collect();
        if !reuse {
            values.push((CONNECTION, CLOSE));
        }
        let content = message.body().clone();
        if has_length(message.method(), &content) {
            values.push((CONTENT_LENGTH, content.len().into()));
        }
        values.extend(run_name.map(|name| (RUN, name.clone())));
        let credentials = endpoint.proxy().and_then(Proxy::authorization);
        values.extend(credentials.map(|value| (PROXY_AUTHORIZATION, value.clone())));
        let mut fields = Vec::new();
        for (name, value) in &values {
            write_field_line(&mut fields, name, value.as_bytes());
        }
        PreparedMessage {
            method: message.method().clone(),
            fields,
            values,
            content,
        }
    }

    /// The fields of a request in which those of `rendered` replace those of the same name. `is_get`: a redirect has changed the
    /// method to GET, so that nothing describes content. `Content-Length` is not among them.
    pub(super) fn rendered_fields<'t>(
        &'t self,
        rendered: &'t RenderedRequest,
        is_get: bool,
    ) -> impl Iterator<Item = (&'t HeaderName, &'t HeaderValue)> {
        let is_kept =
            |name: &HeaderName| *name != CONTENT_LENGTH && !rendered.fields.contains_key(name);
        let kept = self.values.iter().map(|(name, value)| (name, value));
        let kept = kept.filter(move |(name, _)| is_kept(name));
        let given = rendered.fields.iter();
        kept.chain(given.filter(move |(name, _)| !is_get || !is_about_content(name)))
    }

    /// A deep copy, which shares no reference count but that of the content.
    pub(super) fn clone_unshared(&self) -> PreparedMessage {
        let copy = |(name, value): &(HeaderName, HeaderValue)| {
            let value = HeaderValue::from_bytes(value.as_bytes());
            (
                name.clone(),
                value.expect("the bytes are those of a field value"),
            )
        };
        PreparedMessage {
            values: self.values.iter().map(copy).collect(),
            ..self.clone()
        }
    }
}

/// Whether a request has `Content-Length`: 0 too for a method that anticipates content (RFC 9110 section 8.6).
pub(super) fn has_length(method: &Method, content: &Bytes) -> bool {
    let anticipates = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    anticipates || !content.is_empty()
}
