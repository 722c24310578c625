//! What the system allows, checked before the first request.

use super::plan::LoadPlan;
use crate::output;
use crate::process::system_limits;
use anyhow::{Result, bail};

/// How long Linux keeps the port of a connection that was closed (`TIME_WAIT`), in seconds.
const TIME_WAIT: f64 = 60.0;

/// Fails if the limits on open files or ports do not allow the connections; notes if ports will run short.
pub(crate) fn check(plan: &LoadPlan, is_tcp: bool) -> Result<()> {
    if plan.is_open() {
        let (wanted, allowed) = (plan.connections as u64, system_limits::max_connections());
        if wanted > allowed {
            bail!(
                "--max-in-flight: {wanted} connections need more open files than allowed, got a limit of {allowed}; raise it with `ulimit -n`"
            );
        }
    } else {
        system_limits::check_concurrency(plan.connections)?;
    }
    if is_tcp && !plan.policy.reuse {
        note_ports(plan);
    }
    Ok(())
}

/// Notes if a rate without keep-alive needs more ports than there are.
fn note_ports(plan: &LoadPlan) {
    let (Some(rate), Some(ports)) = (plan.max_rate(), system_limits::ports()) else {
        return;
    };
    let seconds = plan
        .duration
        .map_or(TIME_WAIT, |duration| duration.as_secs_f64());
    let needed = rate * seconds.min(TIME_WAIT);
    if needed > ports as f64 {
        output::note(&format!(
            "flagpole: {ports} ports may not be enough for {needed:.0} connections a minute; widen \
             `net.ipv4.ip_local_port_range`, or keep connections open"
        ));
    }
}
