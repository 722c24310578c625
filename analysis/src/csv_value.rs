//! The text of a value of a result in a CSV report.

use serde_json::Value;

/// A value as text; of a list, its length.
pub(crate) fn csv_value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => values.len().to_string(),
        // A whole number has no `.0`.
        Some(Value::Number(number)) if number.is_f64() => {
            number.as_f64().unwrap_or_default().to_string()
        }
        Some(other) => other.to_string(),
    }
}
