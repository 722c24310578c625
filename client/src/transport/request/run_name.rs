//! The name of a run (`Flagpole-Run`).

use flagpole_protocol::headers::MAX_RUN_NAME;
use http::HeaderValue;

/// The name of a run that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a run name of 1 to {MAX_RUN_NAME} printable ASCII characters, got `{0}`")]
pub struct InvalidRunName(String);

/// The field value of a run name.
pub(crate) fn run_name(name: &str) -> Result<HeaderValue, InvalidRunName> {
    let is_valid = (1..=MAX_RUN_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(name).ok().filter(|_| is_valid);
    value.ok_or_else(|| InvalidRunName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_name_is_what_the_server_accepts() {
        for good in ["x", "threads-1", &"x".repeat(64)] {
            assert!(run_name(good).is_ok());
        }
        for bad in ["", "a b", "é", "a\r\nb: c", &"x".repeat(65)] {
            let error = run_name(bad).unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }
}
