//! The reasons of a verdict, as tests look for them.

use serde_json::Value;

/// The message of the reason with this label, if the verdict has it.
fn message<'a>(document: &'a Value, label: &str) -> Option<&'a str> {
    let mut reasons = document["verdict"]["reasons"].as_array().unwrap().iter();
    reasons.find(|one| one["label"] == label)?["message"].as_str()
}

/// Asserts that one of the reasons has this label, and that its sentence has these words.
#[cfg(target_os = "linux")]
#[track_caller]
pub(super) fn assert_reason(document: &Value, label: &str, words: &str) {
    let message = message(document, label);
    let verdict = &document["verdict"];
    assert!(
        message.is_some_and(|text| text.contains(words)),
        "expected {label}, {words}: {verdict:#}"
    );
}

/// Asserts that none of the reasons has this label.
#[track_caller]
pub(super) fn assert_no_reason(document: &Value, label: &str) {
    assert_eq!(message(document, label), None, "{label}");
}
