//! Whether the master understands a message of a worker. One that it does not understand can end the run of all workers.

use super::message_value::MessageValue;

/// Maps with these keys are objects to the master.
const RESERVED_KEYS: [&str; 2] = ["__datetime__", "__ObjectId__"];

/// What the master reads.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Nil,
    Version,
    Map(&'static [(&'static str, &'static str)]),
}

const ENTRY: [(&str, &str); 2] = [("name", "a string"), ("method", "a string")];

/// The data of each type, and the kinds of the values that the master reads by name.
const TYPES: [(&str, Expected); 9] = [
    ("client_ready", Expected::Version),
    ("spawning", Expected::Nil),
    ("client_stopped", Expected::Nil),
    ("quit", Expected::Nil),
    (
        "spawning_complete",
        Expected::Map(&[("user_classes_count", "a map"), ("user_count", "a number")]),
    ),
    (
        "stats",
        Expected::Map(&[
            ("stats", "an array"),
            ("stats_total", "a map"),
            ("errors", "a map"),
            ("user_classes_count", "a map"),
            ("user_count", "a number"),
        ]),
    ),
    (
        "heartbeat",
        Expected::Map(&[("state", "a string"), ("current_cpu_usage", "a number")]),
    ),
    (
        "exception",
        Expected::Map(&[("msg", "a string"), ("traceback", "a string")]),
    ),
    (
        "logs",
        Expected::Map(&[("worker_id", "a string"), ("logs", "an array")]),
    ),
];

/// The error says what the master would not understand.
pub(super) fn check(frame: &[u8]) -> Result<(), String> {
    let message = MessageValue::decode(frame)?;
    check_values(&message)?;
    let parts = match &message {
        MessageValue::List(parts) => parts.as_slice(),
        other => return Err(format!("expected an array, found {}", other.kind())),
    };
    let [MessageValue::Text(kind), data, MessageValue::Text(node_id)] = parts else {
        return Err("expected `[type, data, node id]`".to_owned());
    };
    if node_id.is_empty() {
        return Err("the node id is empty".to_owned());
    }
    let expected = TYPES.iter().find(|(name, _)| name == kind);
    let (_, expected) = expected.ok_or_else(|| format!("unknown type `{kind}`"))?;
    match (expected, data) {
        (Expected::Nil, MessageValue::Nil) => Ok(()),
        (Expected::Version, MessageValue::Int(version)) if *version != 0 => Ok(()),
        (Expected::Map(keys), MessageValue::Map(_)) => {
            check_keys(data, keys)?;
            check_entries(data)
        }
        (_, data) => Err(format!("data: found {}", data.kind())),
    }
}

fn check_keys(map: &MessageValue, keys: &[(&str, &str)]) -> Result<(), String> {
    for (key, kind) in keys {
        let found = map.get(key).map_or("nothing", MessageValue::kind);
        if found != *kind {
            return Err(format!("`{key}`: expected {kind}, found {found}"));
        }
    }
    Ok(())
}

/// The entries of `stats`.
fn check_entries(data: &MessageValue) -> Result<(), String> {
    let entries = match data.get("stats") {
        Some(MessageValue::List(entries)) => entries.as_slice(),
        _ => &[],
    };
    let entries = entries.iter().chain(data.get("stats_total"));
    entries
        .into_iter()
        .try_for_each(|entry| check_keys(entry, &ENTRY))
}

/// All numbers are finite, and no map is one that the master makes an object of.
fn check_values(value: &MessageValue) -> Result<(), String> {
    match value {
        MessageValue::Float(number) if !number.is_finite() => Err(format!("the number {number}")),
        MessageValue::List(items) => items.iter().try_for_each(check_values),
        MessageValue::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            match key.as_text().filter(|key| RESERVED_KEYS.contains(key)) {
                Some(key) => Err(format!("the reserved key `{key}`")),
                None => check_values(key).and_then(|()| check_values(value)),
            }
        }),
        MessageValue::Nil
        | MessageValue::Bool(_)
        | MessageValue::Int(_)
        | MessageValue::Float(_)
        | MessageValue::Text(_)
        | MessageValue::Bytes(_)
        | MessageValue::Extension => Ok(()),
    }
}
