//! A call of the control plane: an operation with its parameters and its body.

use flagpole_protocol::ControlOperation;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;
use hyper::body::Bytes;
use url::form_urlencoded::Serializer;

pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_LINES: &str = "application/jsonl";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const TEXT: &str = "text/plain";
pub(crate) const TOML: &str = "application/toml";

/// What to ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ControlCall {
    pub(crate) operation: ControlOperation,
    pub(crate) query: Vec<(&'static str, String)>,
    /// Media type and text.
    pub(crate) body: Option<(&'static str, String)>,
    /// The media type of the answer.
    pub(crate) answer: &'static str,
}

impl ControlCall {
    /// A call without parameters and body, whose answer is JSON.
    pub(crate) fn new(operation: ControlOperation) -> ControlCall {
        ControlCall {
            operation,
            query: Vec::new(),
            body: None,
            answer: JSON,
        }
    }

    /// Adds a parameter, if it has a value.
    pub(crate) fn parameter(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query
            .extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(crate) fn body(mut self, media_type: &'static str, text: String) -> Self {
        self.body = Some((media_type, text));
        self
    }

    pub(crate) fn answer(mut self, media_type: &'static str) -> Self {
        self.answer = media_type;
        self
    }

    /// Such as `GET /ledger`.
    pub(crate) fn operation_name(&self) -> String {
        format!("{} {}", self.operation.method(), self.operation.path())
    }

    /// Path and query.
    pub(super) fn target(&self) -> String {
        let path = self.operation.path().to_owned();
        if self.query.is_empty() {
            return path;
        }
        let length = path.len() + 1;
        let mut query = Serializer::for_suffix(path + "?", length);
        query.extend_pairs(&self.query);
        query.finish()
    }

    /// The request to the host with this authority.
    pub(super) fn request(&self, authority: &str) -> Request<Full<Bytes>> {
        let (media_type, text) = self.body.clone().unzip();
        let mut request = Request::new(Full::new(Bytes::from(text.unwrap_or_default())));
        *request.method_mut() = self.operation.method();
        *request.uri_mut() = (self.target().parse()).expect("a path with an encoded query");
        let host = HeaderValue::from_str(authority).expect("the authority of a URL");
        *request.headers_mut() = HeaderMap::from_iter([
            (HOST, host),
            (ACCEPT, HeaderValue::from_static(self.answer)),
        ]);
        if let Some(media_type) = media_type {
            let content_type = HeaderValue::from_static(media_type);
            request.headers_mut().insert(CONTENT_TYPE, content_type);
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_and_left_out_without_a_value() {
        let call = ControlCall::new(ControlOperation::Reset)
            .parameter("drain", Some("1s"))
            .parameter("listener", None::<&str>);
        assert_eq!(call.target(), "/reset?drain=1s");
        let call = call.parameter("listener", Some("a b&c/ü"));
        assert_eq!(call.target(), "/reset?drain=1s&listener=a+b%26c%2F%C3%BC");
        let call = ControlCall::new(ControlOperation::ReadLedger);
        assert_eq!(call.target(), "/ledger");
    }
}
