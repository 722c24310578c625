//! `spawn`: how many users of each class a worker has to run, and how.

use super::message_value::MessageValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// Custom arguments of flagpole's locustfile begin with this.
pub(crate) const ARGUMENT_PREFIX: &str = "flagpole_";

/// No stop takes longer.
const STOP_TIMEOUT_LIMIT: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SpawnJob {
    /// Seconds since the Unix epoch, by the master's clock.
    pub(crate) timestamp: f64,
    /// How many users of each class this worker has to run: not a difference.
    pub(crate) user_classes_count: BTreeMap<String, u64>,
    pub(crate) host: Option<String>,
    pub(crate) stop_timeout: Duration,
    /// Whether statistics begin again when all users run.
    pub(crate) reset_stats: bool,
    /// Custom arguments without their prefix; those without a value are left out.
    pub(crate) options: BTreeMap<String, String>,
    /// The run's id (`flagpole_run`).
    pub(crate) run: Option<String>,
    /// This machine's clock minus the master's, in microseconds, when the message came.
    pub(crate) clock_offset_us: Option<i64>,
}

impl SpawnJob {
    /// Reads what can be understood; without a time and numbers of users it is not a job.
    pub(super) fn from_value(data: &MessageValue) -> Result<SpawnJob, String> {
        let field = |key| data.get(key).ok_or_else(|| format!("no `{key}`"));
        let timestamp = field("timestamp")?;
        let timestamp = timestamp
            .as_number()
            .ok_or_else(|| format!("`timestamp`: expected a number, found {}", timestamp.kind()))?;
        let parsed_options = data.get("parsed_options").unwrap_or(&MessageValue::Nil);
        let mut options = custom_arguments(parsed_options);
        let run = options.remove("run");
        let host = data.get("host").and_then(argument_text);
        let stop_timeout = data.get("stop_timeout").and_then(MessageValue::as_number);
        Ok(SpawnJob {
            timestamp,
            user_classes_count: user_counts(field("user_classes_count")?)?,
            host,
            stop_timeout: stop_timeout.map_or(Duration::ZERO, seconds),
            reset_stats: parsed_options.get("reset_stats") == Some(&MessageValue::Bool(true)),
            options,
            run,
            clock_offset_us: None,
        })
    }
}

fn seconds(seconds: f64) -> Duration {
    let seconds = seconds.clamp(0.0, STOP_TIMEOUT_LIMIT.as_secs_f64());
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn user_counts(value: &MessageValue) -> Result<BTreeMap<String, u64>, String> {
    let unexpected = |value: &MessageValue| {
        format!(
            "`user_classes_count`: expected a map of numbers, found {}",
            value.kind()
        )
    };
    let entries = value.entries().ok_or_else(|| unexpected(value))?;
    let count = |(class, count): &(MessageValue, MessageValue)| {
        let class = class.as_text().ok_or_else(|| unexpected(class))?;
        Ok((
            class.to_owned(),
            count.as_count().ok_or_else(|| unexpected(count))?,
        ))
    };
    entries.iter().map(count).collect()
}

fn custom_arguments(options: &MessageValue) -> BTreeMap<String, String> {
    let entries = options.entries().unwrap_or_default().iter();
    let arguments = entries.filter_map(|(name, value)| {
        let name = name.as_text()?.strip_prefix(ARGUMENT_PREFIX)?;
        Some((name.to_owned(), argument_text(value)?))
    });
    arguments.collect()
}

/// What an argument says; `None` without a value.
fn argument_text(value: &MessageValue) -> Option<String> {
    match value {
        MessageValue::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        MessageValue::Int(number) => Some(number.to_string()),
        MessageValue::Float(number) => Some(number.to_string()),
        MessageValue::Bool(is_set) => Some(is_set.to_string()),
        MessageValue::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(argument_text).collect();
            items
                .map(|items| items.join(","))
                .filter(|text| !text.is_empty())
        }
        MessageValue::Nil
        | MessageValue::Bytes(_)
        | MessageValue::Map(_)
        | MessageValue::Extension => None,
    }
}
