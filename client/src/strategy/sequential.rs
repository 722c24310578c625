//! `sequential`: one download after the other over one connection. It waits for the server all the
//! time, which is what the others are measured against.

use super::Strategy;
use crate::execution::blocking_scheduler::Pool;
use crate::execution::session::Session;
use crate::execution::worker::work;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Lanes;
use flagpole_protocol::Tally;

/// The strategy.
#[derive(Debug)]
pub struct Sequential;

impl Strategy for Sequential {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn about(&self) -> &'static str {
        "one download after the other, on one connection; costs nothing but time"
    }

    fn default_lanes(&self) -> Lanes {
        Lanes::ONE
    }

    fn is_concurrent(&self) -> bool {
        false
    }

    fn run(&self, run: &Run<'_>) -> Result<Tally, RunError> {
        let pool = Pool::new(Session::start(run, 1)?);
        let tally = pool.open(|| work(run, &pool, 0))?;
        Ok(pool.session.close(run, *tally))
    }
}
