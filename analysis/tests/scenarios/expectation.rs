//! What the result of a scenario must say.

use flagpole_analysis::comparison::{Cell, StrategyResult};
use flagpole_analysis::validity::{Validity, ValidityIssue};

/// The result of a scenario; each method asserts what it must say.
pub(crate) struct ScenarioResult(pub(crate) Cell);

impl ScenarioResult {
    #[track_caller]
    pub(crate) fn assert_valid(self) -> ScenarioResult {
        self.is(Validity::Valid, &[])
    }

    /// SUSPECT for these reasons alone.
    #[track_caller]
    pub(crate) fn assert_suspect(self, labels: &[&str]) -> ScenarioResult {
        self.is(Validity::Suspect, labels)
    }

    /// INVALID for these reasons alone.
    #[track_caller]
    pub(crate) fn assert_invalid(self, labels: &[&str]) -> ScenarioResult {
        self.is(Validity::Invalid, labels)
    }

    #[track_caller]
    fn is(self, validity: Validity, labels: &[&str]) -> ScenarioResult {
        let verdict = &self.0.verdict;
        let mut found: Vec<_> = verdict
            .reasons
            .iter()
            .map(|issue| issue.label.as_str())
            .collect();
        found.dedup();
        assert_eq!(
            (verdict.validity, &found[..]),
            (validity, labels),
            "{:#?}",
            verdict.reasons
        );
        self
    }

    /// A reason says this.
    #[track_caller]
    pub(crate) fn assert_message(self, text: &str) -> ScenarioResult {
        let says = |issue: &ValidityIssue| issue.message.contains(text);
        let reasons = &self.0.verdict.reasons;
        assert!(reasons.iter().any(says), "{reasons:#?}");
        self
    }

    /// This could not be checked.
    #[track_caller]
    pub(crate) fn assert_unchecked(self, text: &str) -> ScenarioResult {
        let unchecked = &self.0.verdict.unchecked;
        assert!(
            unchecked.iter().any(|sentence| sentence.contains(text)),
            "{unchecked:#?}"
        );
        self
    }

    /// This limits every strategy.
    #[track_caller]
    pub(crate) fn assert_limit(self, kind: &str) -> ScenarioResult {
        for strategy in &self.0.strategies {
            assert_kind(strategy, kind);
        }
        self
    }

    /// This limits one strategy.
    #[track_caller]
    pub(crate) fn assert_limit_of(self, name: &str, kind: &str) -> ScenarioResult {
        assert_kind(self.strategy(name), kind);
        self
    }

    #[track_caller]
    pub(crate) fn strategy(&self, name: &str) -> &StrategyResult {
        let mut strategies = self.0.strategies.iter();
        strategies
            .find(|one| one.name == name)
            .expect("a strategy of the scenario")
    }

    pub(crate) fn cell(&self) -> &Cell {
        &self.0
    }
}

#[track_caller]
fn assert_kind(strategy: &StrategyResult, kind: &str) {
    let limit = strategy.bottleneck.as_ref().expect("there are trials");
    let name: &str = limit.kind.into();
    assert_eq!(name, kind, "{}: {limit}", strategy.name);
}
