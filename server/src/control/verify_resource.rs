//! Verification: `POST /verify`.

use super::media_type::MediaType;
use super::problem::{Problem, json};
use super::request_body::RequestBody;
use super::state::ControlState;
use crate::observe::journal_selection::JournalSelection;
use crate::observe::verification::Verification;
use crate::observe::verification_report::JournalContent;
use crate::server_control::ServerControl;
use axum::body::Body;
use axum::response::Response;
use flagpole_protocol::spec::reword_serde_error;
use http::{Request, StatusCode};

pub(super) async fn verify(
    state: &ControlState,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let body = RequestBody::read(request).await?;
    if body.media_type == MediaType::Toml {
        let detail = "expected JSON, got TOML";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let mut verification = parse(&body)?;
    verification.replace_listeners(|listener| name_in_entries(state, listener))?;
    let servers = state.servers.servers();
    // First, because requests that begin meanwhile are not missing.
    let requests: u64 = servers.iter().map(|server| server.ledger().requests).sum();
    let logs = servers.iter().flat_map(ServerControl::logs);
    let entries = JournalSelection::newest(logs, usize::MAX).read_all();
    let recorded_fields = servers
        .first()
        .map_or(&[][..], ServerControl::journal_fields);
    let journal = JournalContent::new(&entries, requests, recorded_fields);
    let report = verification.evaluate(&journal);
    let report = report.map_err(Problem::unprocessable)?;
    if report.verified {
        return Ok(json(&report));
    }
    Err(Problem::new(StatusCode::CONFLICT, &report.detail).with_members(&report))
}

/// The name that journal entries of this listener have; `None` if it is the only listener, whose entries need no name.
fn name_in_entries(state: &ControlState, name_or_port: &str) -> Result<Option<String>, Problem> {
    let servers = state.servers.servers();
    let server = &servers[state.find(name_or_port)?];
    match server.name() {
        None if servers.len() > 1 => Err(Problem::unprocessable(format!(
            "listener: `{name_or_port}` has no name, which entries of several listeners need; give it a `name` in the profile"
        ))),
        name => Ok(name),
    }
}

fn parse(body: &RequestBody) -> Result<Verification, Problem> {
    let document = body.json()?;
    let parsed = serde_json::from_value(document);
    parsed.map_err(|error| Problem::unprocessable(reword_serde_error(&error.to_string())))
}
