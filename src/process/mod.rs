//! Child processes: servers and trials, and what they say to their parent.

pub(crate) mod child_process;
mod health_check;
pub(crate) mod lost_time;
mod owned_child;
pub(crate) mod process_name;
pub(crate) mod program;
pub(crate) mod ready;
pub(crate) mod resource_usage;
pub(crate) mod server_process;
mod server_totals;
pub(crate) mod system_limits;
#[cfg(test)]
pub(crate) mod test_record;
pub(crate) mod trial_job;
pub(crate) mod trial_process;
