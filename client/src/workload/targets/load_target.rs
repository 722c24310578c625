//! What a request of a load sends, and what it expects.

use crate::workload::expectation::Expectation;
use crate::workload::request_message::RequestMessage;
use flagpole_protocol::OriginForm;

/// The target of requests of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadTarget {
    /// The index into the endpoints of the run.
    pub endpoint: usize,
    /// Path and query. Those of a step of a scenario may have placeholders, which are filled in for each request.
    pub path: OriginForm,
    /// Method, fields and content.
    pub message: RequestMessage,
    /// How often it is requested in proportion to the other targets, in the order [`Weighted`].
    ///
    /// [`Weighted`]: crate::TargetOrder::Weighted
    pub weight: u32,
    /// What a response must be to count as a success.
    pub expectation: Expectation,
}
