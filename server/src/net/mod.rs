//! The only code that waits or writes.

pub(crate) mod http1;
pub mod open_files;
pub(crate) mod socket;
mod system_calls;
pub(crate) mod timer;
pub(crate) mod worker;
