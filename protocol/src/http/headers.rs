//! flagpole's own request fields, by which a client makes the fates of a run reproducible.

/// The request field that names a run. The first request with a new name restarts every count, so that two strategies
/// with names of their own get the same fates.
pub const RUN_HEADER: &str = "flagpole-run";

/// The request field with the number of the request for its resource, from 1, which replaces the server's own count:
/// retries and concurrent requests
/// for one resource stay reproducible.
pub const REQUEST_NUMBER_HEADER: &str = "flagpole-nth";

/// The maximum length of a run name, in bytes; the server rejects a longer name with 400.
pub const MAX_RUN_NAME: usize = 64;
