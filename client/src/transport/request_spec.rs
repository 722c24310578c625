//! What a transport is asked to do: one request.

use flagpole_protocol::Resource;
use http::HeaderValue;
use tokio_util::sync::CancellationToken;

/// One request to send; the [`Wire`](super::Wire) knows what it looks like.
#[derive(Clone, Debug)]
pub struct RequestSpec<'a> {
    /// What is wanted.
    pub resource: Resource,
    /// The n by which the server draws its fate.
    pub request_number: u64,
    /// Where a redirect led: a path, with its query, to ask for instead of the resource's own.
    pub path: Option<&'a str>,
    /// What is already there, if anything is.
    pub conditions: Option<Box<RequestConditions>>,
    /// When this is cancelled the exchange ends at once, as
    /// [`Cancelled`](flagpole_protocol::Outcome::Cancelled).
    pub cancel: &'a CancellationToken,
}

/// Under which conditions an answer is wanted, and which part of it (RFC 9110 sections 13 and 14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestConditions {
    /// `If-None-Match`: not if it is still this one.
    pub if_none_match: Option<HeaderValue>,
    /// `Range`: from this byte on.
    pub range_from: Option<u64>,
    /// `If-Range`: the range only if it is still a part of this one.
    pub if_range: Option<HeaderValue>,
}
