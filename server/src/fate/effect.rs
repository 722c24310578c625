//! What a rule, or the listener itself, does to a response.

use crate::config::spec::SpecError;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use flagpole_protocol::{DrawPurpose, Fate, RngKey};
use rand::Rng as _;
use std::sync::Arc;

/// A latency and faults, under the name of the rule that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The name in the journal.
    pub(crate) label: Arc<str>,
    /// The number of the rule in the draws. The listener is 0, so that its fates do not depend on the number of rules.
    number: u32,
    latency: Latency,
    pub(crate) faults: Faults,
}

impl Effect {
    pub(crate) fn new(
        label: Arc<str>,
        number: u32,
        latency: &Latency,
        faults: &[FaultSpec],
    ) -> Result<Effect, SpecError> {
        Ok(Effect {
            label,
            number,
            latency: latency.clone(),
            faults: Faults::new(faults.to_vec())?,
        })
    }

    /// Whether every response is clean.
    pub(crate) fn is_clean(&self) -> bool {
        self.latency.is_zero() && self.faults.never()
    }

    /// The fate of one request for a path.
    pub(crate) fn fate(&self, seed: u64, path: &str, request_number: u64) -> Fate {
        let key = RngKey::new(seed, self.number, path, request_number);
        let draw = |purpose| key.rng(purpose).next_u64();
        let mut fate = Fate {
            delay: self.latency.delay(draw(DrawPurpose::Delay)),
            ..Fate::default()
        };
        let detail = draw(DrawPurpose::FaultDetail);
        self.faults
            .inject(draw(DrawPurpose::Fault), detail, &mut fate);
        fate
    }
}
