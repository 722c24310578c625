//! Whether two results are of one experiment, and if not, in what they differ.

use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::load::{LoadModel, LoadResult};
use serde_json::{Map, Value, json};

/// The keys of an experiment that do not change what its figures are about.
const OF_NO_EFFECT: [&str; 6] = [
    "about",
    "fail_if",
    "measure_overhead",
    "port",
    "reference",
    "rounds",
];

/// The first key in which two experiments differ, with both values; `None` if they are alike.
pub(super) fn difference_of_comparisons(one: &Comparison, other: &Comparison) -> Option<String> {
    let essence = |comparison: &Comparison| {
        let mut experiment = comparison.experiment.clone();
        if let Some(keys) = experiment.as_object_mut() {
            keys.retain(|key, _| !OF_NO_EFFECT.contains(&key.as_str()));
        }
        experiment
    };
    first_difference("", &essence(one), &essence(other))
}

/// The first property in which two load runs differ, with both values; `None` if they are alike.
pub(super) fn difference_of_loads(one: &LoadResult, other: &LoadResult) -> Option<String> {
    first_difference("", &essence_of_load(one), &essence_of_load(other))
}

fn essence_of_load(result: &LoadResult) -> Value {
    let search = result.search.as_ref();
    let search =
        search.map(|search| json!({ "variable": search.variable, "condition": search.condition }));
    // The last step of a search decides its load.
    let model = search.is_none().then(|| model(&result.asked.model));
    // Another seed draws other delays and faults of the same distribution.
    let settings = result.settings.iter().filter(|(name, _)| name != "seed");
    let settings: Map<_, _> = settings
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({ "targets": targets(result), "search": search, "model": model, "settings": settings })
}

/// The model without the seed, which changes the times of arrivals but not their process.
fn model(model: &LoadModel) -> Value {
    let mut model = json!(model);
    if let Some(keys) = model.as_object_mut() {
        keys.remove("seed");
    }
    model
}

/// The targets; flagpole's own server has another port in each run.
fn targets(result: &LoadResult) -> Vec<String> {
    let is_own = result.server.is_some();
    let without_origin = |target: &String| {
        let (method, url) = target.split_once(' ')?;
        let (_, rest) = url.split_once("://")?;
        let (_, path) = rest.split_once('/')?;
        Some(format!("{method} /{path}"))
    };
    let targets = result.targets.iter();
    let targets = targets.map(|target| {
        without_origin(target)
            .filter(|_| is_own)
            .unwrap_or_else(|| target.clone())
    });
    targets.collect()
}

/// The first place in which two documents differ, in the order of the keys: `` `grid.latency[0]` (10ms, 20ms) ``. A key that
/// one of them lacks is null.
fn first_difference(path: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<_> = left.keys().chain(right.keys()).collect();
            keys.sort();
            let place = |key: &str| {
                if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                }
            };
            keys.into_iter()
                .find_map(|key| first_difference(&place(key), &one[key], &other[key]))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = (0..).zip(left.iter().zip(right));
            pairs.find_map(|(index, (one, other)): (usize, _)| {
                first_difference(&format!("{path}[{index}]"), one, other)
            })
        }
        _ if one == other => None,
        _ => Some(format!("`{path}` ({} and {})", short(one), short(other))),
    }
}

/// A value for one line.
fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(one: &Value, other: &Value) -> Option<String> {
        first_difference("", one, other)
    }

    #[test]
    fn first_difference_is_named_with_both_values() {
        let one = json!({ "a": { "b": [1, "x"] }, "c": 3 });
        assert_eq!(difference(&one, &one), None);
        let other = json!({ "a": { "b": [1, "y"] }, "c": 4 });
        assert_eq!(
            difference(&one, &other).as_deref(),
            Some("`a.b[1]` (x and y)")
        );
    }

    #[test]
    fn missing_key_is_the_same_as_null() {
        let (one, other) = (json!({ "a": null }), json!({ "b": 1 }));
        assert_eq!(difference(&one, &json!({})), None);
        assert_eq!(
            difference(&one, &other).as_deref(),
            Some("`b` (none and 1)")
        );
    }
}
