//! What the tests of several faults need.

use super::{FaultSpec, Faults};
use flagpole_protocol::{Fate, SpecError};

pub(crate) fn faults(specs: &[&str]) -> Result<Faults, SpecError> {
    Faults::new(specs.iter().map(|spec| spec.parse().unwrap()).collect())
}

/// The fate of a response with the fault of this specification.
pub(crate) fn fate_with(spec: &str) -> Fate {
    let mut fate = Fate::default();
    faults(&[spec]).unwrap().inject(u64::MAX, || 0, &mut fate);
    fate
}

/// The error message for a specification.
pub(crate) fn error(text: &str) -> String {
    text.parse::<FaultSpec>().unwrap_err().to_string()
}

pub(crate) fn assert_prints_back(text: &str) {
    let spec: FaultSpec = text.parse().unwrap();
    assert_eq!(spec.to_string(), format!("{text}@100%"));
}
