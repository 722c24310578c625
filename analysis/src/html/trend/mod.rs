//! How the results of one experiment changed over time: the runs with their verdicts, and the figures of each.

mod comparisons;
mod environment;
mod loads;
mod runs;
mod trend_chart;

pub(super) use comparisons::trend_of_comparisons;
pub(super) use loads::trend_of_loads;
