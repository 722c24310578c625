//! A fault with its probability, and the faults of one rule: at most one is injected into a response.

use super::member::Fault;
use crate::fate::probability::Probability;
use flagpole_protocol::{ContentDigest, Fate, Pace, SpecError};
use std::fmt;
use std::ops::Add;
use std::path::Path;
use std::sync::Arc;

/// A fault and its probability, parsed from `404@5%`; `404` alone is injected into every response.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    pub(super) fault: Arc<dyn Fault>,
    /// What the fault is called in fates, `Server-Timing`, journal and ledger.
    pub(super) label: Arc<str>,
    pub(super) probability: Probability,
}

impl FaultSpec {
    pub(super) fn new(fault: Box<dyn Fault>, probability: Probability) -> FaultSpec {
        FaultSpec {
            label: label(&fault.text()).into(),
            fault: fault.into(),
            probability,
        }
    }

    /// Reads the file that the specification names, unless it has been read. A relative name is relative to `folder`;
    /// from then on, the specification has the name relative to the working directory. The label keeps the name as given.
    ///
    /// # Errors
    /// If the file cannot be read or is too large.
    pub fn read_file(&mut self, folder: &Path) -> Result<(), SpecError> {
        if let Some(fault) = self.fault.with_file(folder) {
            self.fault = fault?.into();
        }
        Ok(())
    }

    /// The file that the specification names: after it was read, relative to the working directory.
    pub fn file(&self) -> Option<&Path> {
        self.fault.file()
    }

    /// Whether a response with this fault never ends unless the peer leaves.
    pub fn is_endless(&self) -> bool {
        let mut fate = Fate::default();
        self.fault.apply(0, &mut fate);
        self.is_silent() || self.probability > Probability::NEVER && fate.framing.is_endless()
    }

    /// Whether a response with this fault falls silent without end, unless the peer leaves.
    pub fn is_silent(&self) -> bool {
        let mut fate = Fate::default();
        self.fault.apply(0, &mut fate);
        matches!(fate.pace, Pace::Pause(_, None)) && self.probability > Probability::NEVER
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.fault.text(), self.probability)
    }
}

/// The maximum length of a label, in bytes.
const MAX_LABEL: usize = 60;

/// How much of a longer specification a label has, in bytes.
const LABEL_START: usize = 48;

/// The label of a fault: its specification without the probability. Letters other than printable ASCII are escaped,
/// because the label is sent in a field. Of a specification that is too long, the label is the start and 32 bits of a
/// digest, so that different faults have different labels.
fn label(text: &str) -> String {
    let mut label = String::new();
    for letter in text.chars() {
        match letter {
            ' '..='~' => label.push(letter),
            _ => label.extend(letter.escape_unicode()),
        }
    }
    if label.len() > MAX_LABEL {
        let digest = ContentDigest::from_body(label.as_bytes());
        label.truncate(LABEL_START);
        label += "...";
        label += &digest.short().to_string()[..8];
    }
    label
}

/// The faults of one rule; their probabilities add up to at most 100%.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<FaultSpec>);

impl Faults {
    /// The faults in this order.
    ///
    /// # Errors
    /// If the probabilities add up to more than 100%.
    pub fn new(specs: Vec<FaultSpec>) -> Result<Faults, SpecError> {
        let probabilities = specs.iter().map(|spec| spec.probability);
        let total = probabilities.fold(Probability::NEVER, Add::add);
        if total > Probability::ALWAYS {
            let rule = "the probabilities of all faults add up to at most 100%";
            return Err(SpecError::violation(rule, &total.to_string()));
        }
        Ok(Faults(specs))
    }

    /// Whether no fault is ever injected: the list is empty, or all probabilities are 0%.
    pub fn never(&self) -> bool {
        self.0
            .iter()
            .all(|spec| spec.probability == Probability::NEVER)
    }

    /// Injects at most one fault. `draw`, a uniform random number, selects the first fault whose cumulative
    /// probability exceeds draw / 2^64. `detail` draws a random number for the fault itself.
    pub fn inject(&self, draw: u64, detail: impl FnOnce() -> u64, fate: &mut Fate) {
        let mut cumulative = Probability::NEVER;
        for spec in &self.0 {
            cumulative = cumulative + spec.probability;
            if cumulative.hits(draw) {
                fate.fault = Some(spec.label.clone());
                spec.fault.apply(detail(), fate);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fate::fault::FAMILY;
    use crate::fate::fault::test_support::faults;

    #[test]
    fn only_a_hang_without_a_time_and_endless_chunks_are_endless() {
        let is_endless = |text: &str| text.parse::<FaultSpec>().unwrap().is_endless();
        assert!(is_endless("hang@1%") && is_endless("hang:700") && is_endless("chunked:endless"));
        assert!(!is_endless("hang@0%") && !is_endless("hang:for=1h") && !is_endless("reset"));
        let is_silent = |text: &str| text.parse::<FaultSpec>().unwrap().is_silent();
        assert!(is_silent("hang:700") && !is_silent("hang@0%") && !is_silent("chunked:endless"));
    }

    #[test]
    fn a_label_is_short_printable_ascii_and_differs_between_faults() {
        let label = |body: &str| {
            let spec: FaultSpec = format!("503,body=\"{body}\"@5%").parse().unwrap();
            spec.label.to_string()
        };
        assert_eq!(label("a, b"), "503,body=\"a, b\"");
        assert_eq!(label("é\n"), "503,body=\"\\u{e9}\\n\"");
        let long = "é".repeat(100);
        let [one, other] = ["1", "2"].map(|end| label(&format!("{long}{end}")));
        assert_ne!(one, other);
        let is_printable = |byte: u8| matches!(byte, b' '..=b'~');
        assert!(
            one.len() <= MAX_LABEL && one.bytes().all(is_printable),
            "{one}"
        );
    }

    #[test]
    fn probabilities_above_100_percent_in_total_are_rejected() {
        assert!(faults(&["404@33.3%", "500@33.3%", "503@33.4%"]).is_ok());
        let error = faults(&["404@60%", "500@40.000001%"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the probabilities of all faults add up to at most 100%, got `100.000001%`"
        );
    }

    #[test]
    fn no_fault_is_injected_at_0_percent_and_every_fault_at_100_percent() {
        for draw in [0, 1 << 63, u64::MAX] {
            for member in FAMILY {
                let mut fate = Fate::default();
                let never = faults(&[&format!("{}@0%", member.example)]).unwrap();
                never.inject(draw, || 0, &mut fate);
                assert_eq!(fate, Fate::default());
                let always = faults(&[member.example]).unwrap();
                always.inject(draw, || 0, &mut fate);
                assert_eq!(fate.fault.as_deref(), Some(member.example));
            }
        }
    }
}
