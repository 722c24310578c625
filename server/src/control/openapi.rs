//! The description of the control plane: `GET /openapi.json` (OpenAPI 3.1), made from the list of its operations.

use super::journal_schema;
use super::problem::{Problem, json};
use crate::config::profile::Profile;
use crate::observe::verification::Verification;
use crate::observe::verification_report::VerificationReport;
use axum::response::Response;
use flagpole_protocol::{ControlOperation, LedgerReport};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const ABOUT: &str = "Watches and changes the servers of flagpole while they run. HEAD works where GET does. Requests must name \
                     an IP address, `localhost` or the name of the control plane in `Host` (421). All errors are problem \
                     details (RFC 9457).";

/// A body: its media types, and its schema.
struct DescribedBody {
    media_types: &'static [&'static str],
    schema: Value,
}

/// The document.
pub(super) fn read() -> Response {
    json(&document())
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut generator = settings
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for operation in ControlOperation::ALL {
        let path = paths.entry(operation.path()).or_insert_with(|| json!({}));
        let method = operation.method().as_str().to_ascii_lowercase();
        path[method] = describe(operation, &mut generator);
    }
    let problem = schema::<Problem>(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.insert("JournalEntry".to_owned(), journal_schema::schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "flagpole control plane",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "An error",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn describe(operation: ControlOperation, generator: &mut SchemaGenerator) -> Value {
    let mut description = json!({
        "operationId": operation.id(),
        "summary": operation.summary(),
        "responses": responses(operation, generator),
    });
    let mut parameters: Vec<_> = operation
        .parameters()
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "in": "query",
                "description": parameter.about,
                "schema": { "type": "string" },
                "example": parameter.example,
            })
        })
        .collect();
    if is_change_of_profile(operation) {
        parameters.push(json!({
            "name": "If-Match",
            "in": "header",
            "description": "Change the profile only if it still has this ETag (412)",
            "schema": { "type": "string" },
        }));
    }
    if !parameters.is_empty() {
        description["parameters"] = parameters.into();
    }
    if let Some(body) = request_body(operation, generator) {
        description["requestBody"] = json!({ "required": true, "content": content(&body) });
    }
    description
}

fn is_change_of_profile(operation: ControlOperation) -> bool {
    matches!(
        operation,
        ControlOperation::ReplaceProfile | ControlOperation::PatchProfile
    )
}

fn request_body(
    operation: ControlOperation,
    generator: &mut SchemaGenerator,
) -> Option<DescribedBody> {
    let (media_types, schema): (&[_], _) = match operation {
        ControlOperation::ReplaceProfile => (
            &["application/json", "application/toml"],
            schema::<Profile>(generator),
        ),
        ControlOperation::PatchProfile => (
            &["application/merge-patch+json", "application/json"],
            json!({ "type": "object", "description": "A JSON Merge Patch of the profile or of a listener" }),
        ),
        ControlOperation::Verify => (&["application/json"], schema::<Verification>(generator)),
        _ => return None,
    };
    Some(DescribedBody {
        media_types,
        schema,
    })
}

fn responses(operation: ControlOperation, generator: &mut SchemaGenerator) -> Value {
    let text = json!({ "type": "string" });
    let (about, media_types, schema): (_, &[_], _) = match operation {
        ControlOperation::ListOperations => (
            "A line for each operation; the live page if `Accept` has `text/html`",
            &["text/plain", "text/html"],
            text,
        ),
        ControlOperation::ReadProfile
        | ControlOperation::ReplaceProfile
        | ControlOperation::PatchProfile => (
            "The profile that the servers follow, with an ETag; TOML if `Accept` asks for it",
            &["application/json", "application/toml"],
            schema::<Profile>(generator),
        ),
        ControlOperation::Reset | ControlOperation::ReadLedger => (
            "The ledgers; those until the reset",
            &["application/json"],
            schema::<LedgerReport>(generator),
        ),
        ControlOperation::ReadJournal => (
            "JSON lines, each an entry; one for each request, and with `follow` one for its begin and one for its end",
            &["application/jsonl"],
            json!({ "$ref": "#/components/schemas/JournalEntry" }),
        ),
        ControlOperation::Verify => (
            "The requests have arrived as expected",
            &["application/json"],
            schema::<VerificationReport>(generator),
        ),
        ControlOperation::ReadMetrics => (
            "The counts as OpenMetrics",
            &["application/openmetrics-text; version=1.0.0; charset=utf-8"],
            text,
        ),
        ControlOperation::CheckHealth => ("The control plane works", &["text/plain"], text),
        ControlOperation::CheckReadiness => {
            ("All listeners accept connections", &["text/plain"], text)
        }
        ControlOperation::ReadOpenApi => (
            "This document",
            &["application/json"],
            json!({ "type": "object" }),
        ),
    };
    let success = DescribedBody {
        media_types,
        schema,
    };
    let mut responses = json!({
        "200": { "description": about, "content": content(&success) },
        "default": { "$ref": "#/components/responses/Problem" },
    });
    if let Some((status, description)) = failure(operation) {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ "application/problem+json": { "schema": schema } });
        responses[status] = json!({ "description": description, "content": content });
    }
    responses
}

/// A status that stands for a result more than for an error.
fn failure(operation: ControlOperation) -> Option<(&'static str, &'static str)> {
    match operation {
        ControlOperation::Verify => Some((
            "409",
            "The requests have arrived otherwise than expected, or this is not certain; with the members of the report",
        )),
        ControlOperation::ReadJournal => Some((
            "504",
            "Too few requests are over after `timeout`; with the members `over` and `expected`",
        )),
        ControlOperation::CheckReadiness => Some(("503", "A server is being stopped")),
        _ => None,
    }
}

fn content(content: &DescribedBody) -> Value {
    let schema = json!({ "schema": content.schema });
    let media_types = content.media_types.iter();
    let content = media_types.map(|media_type| ((*media_type).to_owned(), schema.clone()));
    Value::Object(content.collect())
}

fn schema<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_schema() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    found.extend(
                        object
                            .get("$ref")
                            .and_then(Value::as_str)
                            .map(str::to_owned),
                    );
                    object.values().for_each(|value| references(value, found));
                }
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_operation_is_described_and_no_other() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let described = paths.values().map(|path| path.as_object().unwrap().len());
        assert_eq!(described.sum::<usize>(), ControlOperation::ALL.len());
        for operation in ControlOperation::ALL {
            let method = operation.method().as_str().to_ascii_lowercase();
            let described = &paths[operation.path()][method];
            assert_eq!(described["operationId"], operation.id());
            assert!(
                !described["responses"]["200"]["content"]
                    .as_object()
                    .unwrap()
                    .is_empty()
            );
        }
    }
}
