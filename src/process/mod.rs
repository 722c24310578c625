//! Child processes: servers and trials.

pub(crate) mod heartbeat;
pub(crate) mod limits;
pub(crate) mod measured_dto;
pub(crate) mod server_process;
pub(crate) mod trial_process;
