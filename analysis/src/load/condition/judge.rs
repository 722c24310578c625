//! Judges conditions. The logic has three values, because a sample can be too small for a percentile: an unknown term
//! matters only if the others do not decide (S. C. Kleene, "Introduction to Metamathematics", 1952, section 64).

use super::expression::{LoadCondition, LoadTerm};
use super::value::Estimate;
use crate::comparison::threshold::{Comparator, Dimension};
use crate::load::figures::LoadFigures;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

/// A judged condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ConditionResult {
    /// The condition: `p99 > 80ms`.
    pub condition: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The figures of its terms, in the order of the text.
    pub figures: Vec<ConditionFigure>,
    /// The condition with its figures, or why it cannot be judged, as a sentence without a full stop.
    pub message: String,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum ConditionStatus {
    /// The condition holds.
    Holds,
    /// The condition does not hold.
    #[strum(serialize = "does not hold")]
    DoesNotHold,
    /// There are too few requests to tell, or unfinished requests may change the figure.
    #[strum(serialize = "not judged")]
    NotJudged,
}

/// The figure of a term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ConditionFigure {
    /// The figure that is compared: `p99`, `errors`, `p99/baseline`.
    pub metric: String,
    /// The value; null if there is none, and for a ratio to 0.
    pub value: Option<f64>,
    /// The unit: `s`, `share` (0 to 1), `count`, `per_s`, `ratio`.
    pub unit: String,
    /// Whether the value is a lower bound.
    pub is_lower_bound: bool,
}

impl LoadCondition {
    /// Whether the condition holds for these figures. `baseline` are those of an earlier result.
    pub fn judge(&self, figures: &LoadFigures, baseline: Option<&LoadFigures>) -> ConditionResult {
        let judge = |terms: &Vec<LoadTerm>| -> Vec<(ConditionStatus, Estimate)> {
            let terms = terms.iter();
            terms.map(|term| term.judge(figures, baseline)).collect()
        };
        let judged: Vec<_> = self.any_of.iter().map(judge).collect();
        let status = judged.iter().map(|terms| {
            let terms = terms.iter().map(|(status, _)| *status);
            terms.fold(ConditionStatus::Holds, ConditionStatus::and)
        });
        let status = status.fold(ConditionStatus::DoesNotHold, ConditionStatus::or);
        let estimates: Vec<_> = judged.into_iter().flatten().map(|(_, one)| one).collect();
        let texts = self
            .terms()
            .zip(&estimates)
            .map(|(term, one)| term.describe(one));
        let message = format!("{self}: {}", texts.collect::<Vec<_>>().join(", "));
        let figures = self
            .terms()
            .zip(&estimates)
            .map(|(term, one)| term.figure(one));
        ConditionResult {
            condition: self.to_string(),
            status,
            figures: figures.collect(),
            message,
        }
    }
}

impl ConditionStatus {
    fn and(self, other: ConditionStatus) -> ConditionStatus {
        use ConditionStatus::{DoesNotHold, Holds, NotJudged};
        match (self, other) {
            (DoesNotHold, _) | (_, DoesNotHold) => DoesNotHold,
            (Holds, Holds) => Holds,
            (NotJudged, _) | (_, NotJudged) => NotJudged,
        }
    }

    fn or(self, other: ConditionStatus) -> ConditionStatus {
        use ConditionStatus::{DoesNotHold, Holds, NotJudged};
        match (self, other) {
            (Holds, _) | (_, Holds) => Holds,
            (DoesNotHold, DoesNotHold) => DoesNotHold,
            (NotJudged, _) | (_, NotJudged) => NotJudged,
        }
    }
}

impl LoadTerm {
    fn judge(
        &self,
        figures: &LoadFigures,
        baseline: Option<&LoadFigures>,
    ) -> (ConditionStatus, Estimate) {
        let estimate = self.estimate(figures, baseline);
        let limit = self.limit.base();
        let decided = |holds| {
            if holds {
                ConditionStatus::Holds
            } else {
                ConditionStatus::DoesNotHold
            }
        };
        let status = match estimate {
            Estimate::Exact(value) => decided(self.comparator.holds(value, limit)),
            Estimate::AtLeast(value) => {
                let grows_true = matches!(self.comparator, Comparator::AtLeast | Comparator::More);
                let holds = self.comparator.holds(value, limit);
                // Larger values do not change it.
                if holds == grows_true {
                    decided(holds)
                } else {
                    ConditionStatus::NotJudged
                }
            }
            Estimate::Unknown(_) => ConditionStatus::NotJudged,
        };
        (status, estimate)
    }

    fn estimate(&self, figures: &LoadFigures, baseline: Option<&LoadFigures>) -> Estimate {
        let as_share = self.is_relative || self.dimension() == Dimension::Share;
        let now = self.metric.estimate(figures, as_share);
        if !self.is_relative {
            return now;
        }
        let Some(baseline) = baseline else {
            return Estimate::Unknown("there is no baseline".to_owned());
        };
        match (now, self.metric.estimate(baseline, as_share)) {
            (Estimate::Exact(now), Estimate::Exact(earlier)) => {
                Estimate::Exact(quotient(now, earlier))
            }
            (Estimate::AtLeast(now), Estimate::Exact(earlier)) => {
                Estimate::AtLeast(quotient(now, earlier))
            }
            (_, Estimate::AtLeast(_)) => {
                Estimate::Unknown("that of the baseline is a lower bound".to_owned())
            }
            (Estimate::Unknown(reason), _) => Estimate::Unknown(reason),
            (_, Estimate::Unknown(reason)) => Estimate::Unknown(format!("baseline: {reason}")),
        }
    }

    /// `p99 61.2 ms`; with more digits where it would look like the limit.
    fn describe(&self, estimate: &Estimate) -> String {
        let subject = self.subject();
        let (value, at_least) = match estimate {
            Estimate::Exact(value) => (*value, ""),
            Estimate::AtLeast(value) => (*value, "at least "),
            Estimate::Unknown(reason) => return format!("{subject} unknown: {reason}"),
        };
        let dimension = self.dimension();
        if value.is_infinite() {
            return format!("{subject} infinite: the baseline has 0");
        }
        let (text, limit) = (dimension.human(value), self.limit.base());
        let is_equal = value.total_cmp(&limit).is_eq();
        if text == dimension.human(limit) && !is_equal {
            let exact = self.limit.in_same_unit(value);
            return format!("{subject} {at_least}{text} ({exact})");
        }
        format!("{subject} {at_least}{text}")
    }

    fn figure(&self, estimate: &Estimate) -> ConditionFigure {
        let (value, is_lower_bound) = match estimate {
            Estimate::Exact(value) => (Some(*value), false),
            Estimate::AtLeast(value) => (Some(*value), true),
            Estimate::Unknown(_) => (None, false),
        };
        let unit = match self.dimension() {
            Dimension::Time => "s",
            Dimension::Count => "count",
            other => other.document_unit(),
        };
        ConditionFigure {
            metric: self.subject(),
            value: value.filter(|value| value.is_finite()),
            unit: unit.to_owned(),
            is_lower_bound,
        }
    }
}

/// Equal values have the ratio 1, also if both are 0; any other value is infinitely many times 0.
fn quotient(now: f64, earlier: f64) -> f64 {
    if now.total_cmp(&earlier).is_eq() {
        1.0
    } else {
        now / earlier
    }
}
