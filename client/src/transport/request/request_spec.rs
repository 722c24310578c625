//! The data that differ between the requests of a run.

use flagpole_protocol::Resource;
use http::{HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;

/// One request to send; the [`RequestTemplate`](super::request_template::RequestTemplate) has the fields that are
/// the same for every request.
#[derive(Clone, Debug)]
pub struct RequestSpec<'a> {
    /// The requested resource.
    pub resource: Resource,
    /// The number of the request for the resource, by which the server decides the fate of the response: its delay,
    /// content and failure.
    pub request_number: u64,
    /// The target of a redirect (path and query), instead of the path of the resource.
    pub path: Option<&'a str>,
    /// The conditional and range fields, if there is a local copy.
    pub conditions: Vec<(HeaderName, HeaderValue)>,
    /// Ends the exchange at once, as [`Cancelled`](flagpole_protocol::Outcome::Cancelled).
    pub cancel: &'a CancellationToken,
}
