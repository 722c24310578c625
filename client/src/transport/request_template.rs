//! What all requests of a run share, and how a request is built from it.

use super::connection_trust::ConnectionTrust;
use super::prepared_endpoint::PreparedEndpoint;
use super::prepared_message::{PreparedMessage, has_length};
use super::request::{InvalidRunName, RequestSpec, RunMessage, TransportConfig, run_name};
use super::run_clock::RunClock;
use crate::{Endpoint, Expectation, RequestMessage};
use bytes::Bytes;
use flagpole_protocol::headers;
use flagpole_protocol::http1::{write_field_line, write_request_line};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use std::io::Write as _;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const REQUEST_NUMBER: HeaderName = HeaderName::from_static(headers::REQUEST_NUMBER_HEADER);

/// Everything that is the same for all requests of a run; made once, before the first request.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) config: TransportConfig,
    pub(crate) clock: RunClock,
    /// Cancels the run.
    pub(crate) cancel: CancellationToken,
    /// Which connections may be reused.
    pub(crate) trust: Arc<ConnectionTrust>,
    endpoints: Box<[PreparedEndpoint]>,
    /// The messages of the run, after the GET of downloads without a message.
    messages: Box<[MessageForms]>,
    is_named: bool,
}

/// A message, and the message that follows a redirect that changes the method to GET.
#[derive(Clone, Debug)]
struct MessageForms {
    /// The index of its endpoint.
    endpoint: usize,
    original: PreparedMessage,
    as_get: PreparedMessage,
    expectation: Option<Expectation>,
}

impl MessageForms {
    fn new(
        message: &RunMessage<'_>,
        endpoints: &[Endpoint],
        reuse: bool,
        run_name: Option<&HeaderValue>,
    ) -> MessageForms {
        let prepare = |one: &RequestMessage| {
            PreparedMessage::new(one, &endpoints[message.endpoint], reuse, run_name)
        };
        MessageForms {
            endpoint: message.endpoint,
            original: prepare(message.message),
            as_get: prepare(&message.message.as_get()),
            expectation: message.expectation.cloned(),
        }
    }

    fn of(&self, request: &RequestSpec<'_>) -> &PreparedMessage {
        if request.as_get {
            &self.as_get
        } else {
            &self.original
        }
    }
}

impl RequestTemplate {
    /// For a run with this clock. Downloads without a message go to the first endpoint.
    ///
    /// # Panics
    /// If there is no endpoint, or a message has one that does not exist.
    pub(crate) fn new<'m>(
        config: TransportConfig,
        endpoints: &[Endpoint],
        messages: impl IntoIterator<Item = RunMessage<'m>>,
        name: Option<&str>,
        cancel: CancellationToken,
        clock: RunClock,
    ) -> Result<RequestTemplate, InvalidRunName> {
        let name = name.map(run_name).transpose()?;
        let get = RequestMessage::default();
        let get = MessageForms::new(&(&get).into(), endpoints, config.reuse, name.as_ref());
        let forms = |message| MessageForms::new(&message, endpoints, config.reuse, name.as_ref());
        let messages = messages.into_iter().map(forms);
        Ok(RequestTemplate {
            clock,
            cancel,
            trust: Arc::default(),
            endpoints: endpoints.iter().map(PreparedEndpoint::new).collect(),
            messages: std::iter::once(get).chain(messages).collect(),
            is_named: name.is_some(),
            config,
        })
    }

    /// A deep copy for another core: with shared field values, cores would contend for their reference counts. Threads
    /// share one template nevertheless, because their contention for the scheduler costs more.
    pub(crate) fn clone_unshared(&self) -> RequestTemplate {
        let copy = |forms: &MessageForms| MessageForms {
            original: forms.original.clone_unshared(),
            as_get: forms.as_get.clone_unshared(),
            ..forms.clone()
        };
        RequestTemplate {
            config: self.config.clone(),
            clock: self.clock,
            cancel: self.cancel.clone(),
            trust: self.trust.clone(),
            endpoints: self.endpoints.clone(),
            messages: self.messages.iter().map(copy).collect(),
            is_named: self.is_named,
        }
    }

    /// The number of endpoints.
    pub(crate) fn endpoint_count(&self) -> usize {
        self.endpoints.len()
    }

    /// The index of the endpoint to which requests with this message go.
    pub(crate) fn endpoint_index(&self, message: Option<usize>) -> usize {
        self.messages[position(message)].endpoint
    }

    /// The endpoint to which requests with this message go.
    pub(crate) fn endpoint(&self, message: Option<usize>) -> &PreparedEndpoint {
        &self.endpoints[self.endpoint_index(message)]
    }

    /// The method of the message with this index in the workload.
    pub(crate) fn method(&self, message: Option<usize>) -> &Method {
        &self.messages[position(message)].original.method
    }

    /// What responses to this message must be; `None` if what is known of the resource decides.
    pub(crate) fn expectation(&self, message: Option<usize>) -> Option<&Expectation> {
        self.messages[position(message)].expectation.as_ref()
    }

    /// The message of a request.
    pub(crate) fn message(&self, request: &RequestSpec<'_>) -> &PreparedMessage {
        self.messages[position(request.message)].of(request)
    }

    /// Appends the head of a request, and its content if that is small; returns the rest of the content.
    pub(crate) fn encode<'t>(
        &'t self,
        out: &mut Vec<u8>,
        request: &'t RequestSpec<'_>,
    ) -> &'t [u8] {
        if request.rendered.is_some() {
            return self.encode_rendered(out, request);
        }
        let message = self.message(request);
        self.encode_line(out, request, request.path);
        out.extend_from_slice(&message.fields);
        self.encode_rest(out, request, &message.content)
    }

    /// Not inlined, because only scenarios render requests.
    #[inline(never)]
    fn encode_rendered<'t>(&'t self, out: &mut Vec<u8>, request: &'t RequestSpec<'_>) -> &'t [u8] {
        self.encode_line(out, request, request.path());
        for (name, value) in self.rendered_fields(request) {
            write_field_line(out, name, value.as_bytes());
        }
        if let Some(length) = self.rendered_length(request) {
            write!(out, "content-length: {length}\r\n").expect("a vector accepts every byte");
        }
        self.encode_rest(out, request, self.content(request))
    }

    #[inline]
    fn encode_line(&self, out: &mut Vec<u8>, request: &RequestSpec<'_>, path: Option<&str>) {
        let endpoint = self.endpoint(request.message);
        let [prefix, path] = endpoint.path(request.resource, path);
        let method = &self.message(request).method;
        write_request_line(out, method, &[&endpoint.origin, prefix, path]);
    }

    /// What follows the fields of the message.
    #[inline]
    fn encode_rest<'t>(
        &self,
        out: &mut Vec<u8>,
        request: &RequestSpec<'_>,
        content: &'t [u8],
    ) -> &'t [u8] {
        for (name, value) in &request.conditions {
            write_field_line(out, name, value.as_bytes());
        }
        if let Some(number) = self.request_number(request) {
            write!(out, "{}: {number}\r\n", headers::REQUEST_NUMBER_HEADER)
                .expect("a vector accepts every byte");
        }
        out.extend_from_slice(b"\r\n");
        if content.len() <= SMALL_CONTENT {
            out.extend_from_slice(content);
            return &[];
        }
        content
    }

    /// The fields of a rendered request, without `Content-Length`; none for any other.
    fn rendered_fields<'t>(
        &'t self,
        request: &'t RequestSpec<'_>,
    ) -> impl Iterator<Item = (&'t HeaderName, &'t HeaderValue)> {
        let message = self.message(request);
        let rendered = request.rendered.into_iter();
        rendered.flat_map(|rendered| message.rendered_fields(rendered, request.as_get))
    }

    /// The content of a request.
    pub(crate) fn content<'t>(&'t self, request: &'t RequestSpec<'_>) -> &'t Bytes {
        match request.rendered {
            Some(rendered) if !request.as_get => &rendered.content,
            _ => &self.message(request).content,
        }
    }

    /// `Content-Length` of a request whose content replaces that of its message.
    fn rendered_length(&self, request: &RequestSpec<'_>) -> Option<usize> {
        let content = self.content(request);
        has_length(&self.message(request).method, content).then_some(content.len())
    }

    /// The fields of a request, for a library.
    pub(crate) fn fields(&self, request: &RequestSpec<'_>) -> HeaderMap {
        let message = self.message(request);
        let mut fields = HeaderMap::with_capacity(message.values.len() + request.conditions.len());
        if request.rendered.is_none() {
            fields.extend(message.values.iter().cloned());
        } else {
            let values = self.rendered_fields(request);
            fields.extend(values.map(|(name, value)| (name.clone(), value.clone())));
            let length = self.rendered_length(request);
            fields.extend(length.map(|length| (CONTENT_LENGTH, length.into())));
        }
        fields.extend(request.conditions.iter().cloned());
        if let Some(number) = self.request_number(request) {
            fields.insert(REQUEST_NUMBER, number.into());
        }
        fields
    }

    /// The request number to send. It is sent only in a named run: the server counts the requests of other runs itself.
    fn request_number(&self, request: &RequestSpec<'_>) -> Option<u64> {
        self.is_named.then_some(request.request_number)
    }

    /// The request target for a library.
    pub(crate) fn uri(&self, request: &RequestSpec<'_>) -> Uri {
        let endpoint = self.endpoint(request.message);
        let [prefix, path] = endpoint.path(request.resource, request.path());
        let target = format!("{}{prefix}{path}", endpoint.origin);
        target.parse().expect("paths and origins are parts of URLs")
    }
}

/// Where the template has the message with this index in the workload.
fn position(message: Option<usize>) -> usize {
    message.map_or(0, |index| index + 1)
}

/// Content up to this size, in bytes, is sent together with the head.
const SMALL_CONTENT: usize = 4096;
