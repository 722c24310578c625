//! Child processes: servers and trials.

pub(crate) mod error_kind;
pub(crate) mod heartbeat;
pub(crate) mod measured_dto;
pub(crate) mod record_dto;
pub(crate) mod resource_usage;
pub(crate) mod server_process;
pub(crate) mod system_limits;
#[cfg(test)]
pub(crate) mod test_record;
pub(crate) mod trial_job;
pub(crate) mod trial_process;
