//! What a rule, or the listener itself, does to a response.

use crate::config::spec::SpecError;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use flagpole_protocol::{DrawPurpose, Fate, RngKey};
use rand::Rng as _;
use std::sync::Arc;
use std::time::Duration;

/// A latency and faults, under the name of the rule that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The name in the journal.
    pub(crate) label: Arc<str>,
    /// The number of the rule in the draws. The listener is 0, so that its fates do not depend on the number of rules.
    number: u16,
    latency: Latency,
    /// The delay, if it is always the same.
    constant_delay: Option<Duration>,
    pub(crate) faults: Faults,
    /// Whether a fault is ever injected.
    has_faults: bool,
}

impl Effect {
    pub(crate) fn new(
        label: Arc<str>,
        number: u16,
        latency: &Latency,
        faults: &[FaultSpec],
    ) -> Result<Effect, SpecError> {
        let faults = Faults::new(faults.to_vec())?;
        let (shortest, longest) = (latency.delay(0), latency.longest());
        Ok(Effect {
            label,
            number,
            latency: latency.clone(),
            constant_delay: (shortest == longest).then_some(longest),
            has_faults: !faults.never(),
            faults,
        })
    }

    /// Whether every response is clean.
    pub(crate) fn is_clean(&self) -> bool {
        self.latency.is_zero() && !self.has_faults
    }

    /// The fate of one request for a path.
    pub(crate) fn fate(&self, seed: u64, path: &str, request_number: u64) -> Fate {
        let mut fate = Fate {
            delay: self.constant_delay.unwrap_or_default(),
            ..Fate::default()
        };
        // Nothing is drawn that makes no difference: a draw costs as much as all the rest.
        if self.constant_delay.is_some() && !self.has_faults {
            return fate;
        }
        let key = RngKey::new(seed, self.number, path, request_number);
        let draw = |purpose| key.rng(purpose).next_u64();
        if self.constant_delay.is_none() {
            fate.delay = self.latency.delay(draw(DrawPurpose::Delay));
        }
        if self.has_faults {
            let detail = || draw(DrawPurpose::FaultDetail);
            self.faults
                .inject(draw(DrawPurpose::Fault), detail, &mut fate);
        }
        fate
    }
}
