//! Child processes: servers and trials.

pub(crate) mod child_process;
pub(crate) mod lost_time;
pub(crate) mod resource_usage;
pub(crate) mod server_process;
pub(crate) mod system_limits;
#[cfg(test)]
pub(crate) mod test_record;
pub(crate) mod trial_job;
pub(crate) mod trial_process;
