//! The latency and the faults of a rule, or of the listener itself.

use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use flagpole_protocol::{DrawPurpose, Fate, RngKey, SpecError};
use rand::Rng as _;
use std::sync::Arc;
use std::time::Duration;

/// The number of the listener in random draws: rules have the numbers from 1, so that the listener's fates do not depend
/// on the number of rules.
pub(crate) const LISTENER_NUMBER: u16 = 0;

/// What a rule, or the listener itself, does to responses: a latency and faults.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The name of the rule in the journal.
    pub(crate) label: Arc<str>,
    /// The number of the rule in random draws.
    number: u16,
    latency: Latency,
    /// The delay, if it is always the same.
    constant_delay: Option<Duration>,
    pub(crate) faults: Faults,
    /// Whether a fault has a probability above 0%.
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

    /// Whether no response is delayed or has a fault.
    pub(crate) fn is_clean(&self) -> bool {
        self.latency.is_zero() && !self.has_faults
    }

    /// The fate of request `request_number` (from 1) for a path.
    pub(crate) fn fate(&self, seed: u64, path: &str, request_number: u64) -> Fate {
        let mut fate = Fate {
            delay: self.constant_delay.unwrap_or_default(),
            ..Fate::default()
        };
        // A draw costs as much as all the rest, so no number is drawn that makes no difference.
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
