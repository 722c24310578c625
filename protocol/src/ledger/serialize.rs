//! The ledger as JSON: counts, without journal entries.

use crate::ledger::Ledger;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let causes: BTreeMap<_, _> = self
            .by_cause
            .iter()
            .map(|(cause, count)| (cause.to_string(), count))
            .collect();
        let us = |quantile| self.lateness_at(quantile).as_nanos() as f64 / 1e3;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("requests", &self.requests)?;
        map.serialize_entry("completed", &self.completed)?;
        map.serialize_entry("aborted", &self.aborted)?;
        map.serialize_entry("peak_concurrency", &self.peak_concurrency)?;
        map.serialize_entry("connections", &self.connections)?;
        map.serialize_entry("connection_errors", &self.connection_errors)?;
        map.serialize_entry("accept_errors", &self.accept_errors)?;
        map.serialize_entry("by_status", &self.by_status)?;
        map.serialize_entry("by_cause", &causes)?;
        map.serialize_entry("delayed", &self.lateness.len())?;
        map.serialize_entry("lateness_p50_us", &us(0.5))?;
        map.serialize_entry("lateness_p99_us", &us(0.99))?;
        map.serialize_entry("early", &self.early_responses)?;
        map.end()
    }
}
