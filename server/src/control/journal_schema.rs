//! The JSON Schema of the entries of the journal.

use serde_json::{Map, Value, json};

/// Key, type and description of what an entry of a request and one of an error have.
const COMMON: [Key; 5] = [
    (
        "id",
        "integer",
        "The number of the request or error in the process, from 1",
    ),
    (
        "at_us",
        "number",
        "The time from the start of the server, in microseconds",
    ),
    (
        "unix_us",
        "integer",
        "The wall-clock time, in microseconds since the Unix epoch",
    ),
    (
        "listener",
        "string",
        "The name of the listener, if it has one",
    ),
    (
        "connection",
        "integer?",
        "The number of the connection at its listener, from 1",
    ),
];

/// What the entry of a request has besides.
const REQUEST: [Key; 12] = [
    ("run", "string?", "The run that the client named"),
    ("method", "string", "The method"),
    ("resource", "string", "The normalised path"),
    ("path", "string", "The path as it was sent, if it differs"),
    ("query", "string?", "The query, without the question mark"),
    (
        "n",
        "integer?",
        "The number of the request for its resource, from 1",
    ),
    (
        "rule",
        "string",
        "The rule that decided; `listener` if none matched, `asked` if the request did",
    ),
    ("cause", "string", "Why the response is as it is"),
    ("fault", "string?", "The fault that is injected"),
    ("planned_us", "number", "The planned delay, in microseconds"),
    ("ending", "string", "How the response is planned to end"),
    ("fields", "object", "The recorded fields of the request"),
];

/// What the entry of a request has when it is over.
const OUTCOME: [Key; 6] = [
    (
        "status",
        "integer?",
        "The status; null if no response was started",
    ),
    (
        "bytes",
        "integer",
        "The bytes of the response that were written",
    ),
    ("end", "string", "How the response ended"),
    (
        "lateness_us",
        "number?",
        "How late the first write of a delayed response returned, in microseconds",
    ),
    (
        "peer_closed_us",
        "number?",
        "The time from the request until the client closed its sending side during the response, in microseconds",
    ),
    (
        "duration_us",
        "number",
        "The time from the request to the end of its response, in microseconds",
    ),
];

/// What the entry of an error has besides.
const ERROR: [Key; 3] = [
    (
        "status",
        "integer?",
        "The status of the response, if there was one",
    ),
    ("error", "string", "A sentence"),
    (
        "count",
        "integer",
        "How often it happened since the previous such entry",
    ),
];

const DROPPED: [Key; 1] = [(
    "lines",
    "integer",
    "At least how many lines are missing here",
)];

/// Keys that are absent rather than null.
const OPTIONAL: [&str; 2] = ["listener", "path"];

/// A name, a type with `?` if it may be null, and a description.
type Key = (&'static str, &'static str, &'static str);

/// The schema: one for each value of `event`.
pub(super) fn schema() -> Value {
    json!({
        "description": "A line of the journal",
        "oneOf": [
            variant("begin", "A request in progress", &[&COMMON, &REQUEST]),
            variant("end", "A request that is over", &[&COMMON, &REQUEST, &OUTCOME]),
            variant("error", "An error that belongs to no request", &[&COMMON, &ERROR]),
            variant("dropped", "Lines that a slow reader misses", &[&DROPPED]),
        ],
    })
}

fn variant(event: &str, about: &str, groups: &[&[Key]]) -> Value {
    let mut properties = Map::from_iter([("event".to_owned(), json!({ "const": event }))]);
    let mut required = vec!["event"];
    for &(name, kind, description) in groups.iter().copied().flatten() {
        let kind = match kind.strip_suffix('?') {
            Some(kind) => json!([kind, "null"]),
            None => json!(kind),
        };
        let property = json!({ "type": kind, "description": description });
        properties.insert(name.to_owned(), property);
        if !OPTIONAL.contains(&name) {
            required.push(name);
        }
    }
    json!({
        "type": "object",
        "description": about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
