//! Specifications without a name: a duration is `constant`, two durations are `uniform`, and a text that begins with a
//! probability is `mixture`.

/// The name of the constant latency.
pub(super) const CONSTANT: &str = "constant";

/// The name of the uniform latency.
pub(super) const UNIFORM: &str = "uniform";

/// The name of the mixture.
pub(super) const MIXTURE: &str = "mixture";

/// The name of the member that a specification belongs to, and its parameters.
pub(super) fn expand(text: &str) -> (&str, &str) {
    // A name never begins with a digit, and a duration contains no `%:`.
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains("%:") {
        return (MIXTURE, text);
    }
    let unnamed = if text.contains("..") {
        UNIFORM
    } else {
        CONSTANT
    };
    text.split_once(':').unwrap_or((unnamed, text))
}
