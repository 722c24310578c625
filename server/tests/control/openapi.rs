//! `GET /openapi.json`.

use crate::call::Fixture;
use crate::python;
use jsonschema::draft202012;
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::TcpStream;

/// A schema of the document, with the others that it refers to.
fn schema(document: &Value, name: &str) -> Value {
    let reference = format!("#/components/schemas/{name}");
    json!({ "$ref": reference, "components": document["components"] })
}

fn assert_valid(document: &Value, name: &str, instance: &Value) {
    let schema = schema(document, name);
    let checked = draft202012::validate(&schema, instance);
    assert!(
        checked.is_ok(),
        "{name}: {instance}: {}",
        checked.unwrap_err()
    );
}

#[test]
fn answers_have_the_described_schemas() {
    let fixture = Fixture::new("[[listener]]\nname = 'A'\nlatency = '1ms'\nfaults = ['503@50%']");
    let document = fixture.get("/openapi.json").json();
    fixture.flag("");
    fixture.get("/journal?wait=1");
    let mut client = TcpStream::connect(fixture.servers[0].addr()).unwrap();
    client.write_all(b"nonsense\r\n\r\n").unwrap();
    crate::call::wait_until(|| fixture.servers[0].journal_entries().len() == 2);
    for entry in fixture.servers[0].journal_entries() {
        assert_valid(
            &document,
            "JournalEntry",
            &serde_json::to_value(entry).unwrap(),
        );
    }
    assert_valid(&document, "Profile", &fixture.get("/profile").json());
    assert_valid(&document, "LedgerReport", &fixture.get("/ledger").json());
    assert_valid(&document, "Problem", &fixture.get("/nowhere").json());
    let verification = json!({"request": {"path": "/**", "fields": {}}, "count": {"min": 1}});
    assert_valid(&document, "Verification", &verification);
    let report = fixture.send("POST", "/verify", &verification).json();
    assert_valid(&document, "VerificationReport", &report);
}

#[test]
fn a_validator_accepts_the_document() {
    let program = "import json, sys\n\
        from openapi_spec_validator import validate\n\
        validate(json.load(sys.stdin))";
    let document = Fixture::clean().get("/openapi.json").body;
    python::run("openapi_spec_validator", program, &document);
}
