//! flagpole's own request fields, by which a client makes the fates of a run reproducible, or asks for the fate of a request.

/// The request field that names a run. The first request with a new name restarts every count, so that two strategies
/// with different names get the same fates.
pub const RUN_HEADER: &str = "flagpole-run";

/// The request field with the number of the request for its resource, from 1, which replaces the server's own count:
/// retries and concurrent requests
/// for one resource stay reproducible.
pub const REQUEST_NUMBER_HEADER: &str = "flagpole-nth";

/// The request field with the latency of the response to this request, in place of what rules decide.
pub const LATENCY_HEADER: &str = "flagpole-latency";

/// The request field with a fault of the response to this request, in place of what rules decide. Several fields are
/// several faults with their probabilities.
pub const FAULT_HEADER: &str = "flagpole-fault";

/// The query parameter in place of both fields: `flagpole=latency:50ms,fault:503`.
pub const QUERY_PARAMETER: &str = "flagpole";

/// The maximum length of a run name, in bytes; the server rejects a longer name with 400.
pub const MAX_RUN_NAME: usize = 64;
