//! The parameters in the query of a request.

use super::problem::Problem;
use axum::extract::Query as AxumQuery;
use flagpole_protocol::{ControlOperation, SpecError, spec};
use http::Uri;
use std::fmt::Display;

/// The parameters, of which the operation knows each.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Fails for a parameter that the operation does not have, or that is repeated.
    pub(super) fn parse(operation: ControlOperation, uri: &Uri) -> Result<Query, Problem> {
        let parsed = AxumQuery::<Vec<(String, String)>>::try_from_uri(uri);
        let AxumQuery(pairs) = parsed.map_err(|error| Problem::bad_request(error.body_text()))?;
        let known = operation
            .parameters()
            .iter()
            .map(|parameter| parameter.name);
        for (index, (name, _)) in pairs.iter().enumerate() {
            if !known.clone().any(|known| known == name) {
                let unknown = match known.len() {
                    0 => format!("unexpected parameter `{name}`: there are none here"),
                    _ => SpecError::unknown("parameter", name, known).to_string(),
                };
                return Err(Problem::bad_request(unknown));
            }
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                let repeated = format!("parameter `{name}` is given twice");
                return Err(Problem::bad_request(repeated));
            }
        }
        Ok(Query(pairs))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(found, _)| found == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// The parsed value of a parameter, if it is given.
    pub(super) fn value<T, E: Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let parsed = self.text(name).map(parse).transpose();
        parsed.map_err(|error| Problem::bad_request(format!("{name}: {error}")))
    }
}

/// Parses a whole number from 0.
pub(super) fn number(text: &str) -> Result<u64, SpecError> {
    spec::whole_number(text).ok_or_else(|| SpecError::expected("a whole number from 0", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: ControlOperation, uri: &str) -> String {
        let query = Query::parse(operation, &uri.parse().unwrap());
        let problem = serde_json::to_value(query.err().unwrap()).unwrap();
        assert_eq!(problem["status"], 400);
        problem["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_a_near_name() {
        let reset = ControlOperation::Reset;
        assert_eq!(
            refused(reset, "/reset?drian=1s"),
            "unknown parameter `drian`; did you mean `drain`?"
        );
        assert_eq!(
            refused(ControlOperation::CheckHealth, "/healthz?x=1"),
            "unexpected parameter `x`: there are none here"
        );
        assert_eq!(
            refused(reset, "/reset?drain=1s&drain=2s"),
            "parameter `drain` is given twice"
        );
    }

    #[test]
    fn values_are_decoded() {
        let uri = "/reset?listener=a+b%2Fc".parse().unwrap();
        let query = Query::parse(ControlOperation::Reset, &uri).ok().unwrap();
        assert_eq!(query.text("listener"), Some("a b/c"));
        assert_eq!(query.text("drain"), None);
    }
}
