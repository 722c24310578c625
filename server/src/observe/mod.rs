//! What is known of the requests: the journal, a line per request.

pub mod journal;
