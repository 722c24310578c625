//! The only code that waits or writes: workers, connections and the timer.

pub(crate) mod http1;
pub(crate) mod limit_reports;
pub(crate) mod listener_version;
mod memory_release;
pub(crate) mod shared_state;
pub(crate) mod socket;
mod system_calls;
mod tcp_socket;
pub(crate) mod timer;
pub(crate) mod window_clock;
pub(crate) mod worker;
