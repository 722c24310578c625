//! The journal: a line for each request. The counts are in the ledger (`flagpole_protocol::Ledger`).

pub(crate) mod journal;
