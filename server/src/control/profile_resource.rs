//! The profile that the servers follow: `GET`, `PUT` and `PATCH /profile`.
//!
//! A profile is validated whole, over all listeners, before anything takes effect. Requests have no other order than that
//! in which this one thread handles them, so a condition (`If-Match`) holds until the change has taken effect.

use super::media_type::MediaType;
use super::problem::{Problem, json_text};
use super::query::Query;
use super::request_body::RequestBody;
use super::state::ControlState;
use crate::config::listener::Listener;
use crate::config::profile::Profile;
use crate::server_control::{PreparedChange, ServerControl};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use flagpole_protocol::{ContentDigest, EntityTag};
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, VARY};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// RFC 5789 section 3.1.
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The profile at the moment.
pub(super) fn read(state: &ControlState, request: &HeaderMap) -> Response {
    respond(&current(state), request)
}

/// Replaces the profile by the one in the body.
pub(super) async fn replace(
    state: &ControlState,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let fields = request.headers().clone();
    let body = RequestBody::read(request).await?;
    check_if_match(&current(state), &fields)?;
    let profile = match body.media_type {
        MediaType::Toml => body.text()?.parse().map_err(Problem::unprocessable)?,
        MediaType::Json | MediaType::MergePatch => from_json(&body.json()?)?,
    };
    change(state, profile)?;
    Ok(respond(&current(state), &fields))
}

/// Changes values of the profile, or of the table of one listener, by a JSON Merge Patch.
pub(super) async fn patch(
    state: &ControlState,
    query: &Query,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let fields = request.headers().clone();
    let index = query
        .text("listener")
        .map(|name| state.find(name))
        .transpose()?;
    let body = RequestBody::read(request).await?;
    if body.media_type == MediaType::Toml {
        let detail = "expected a JSON Merge Patch (RFC 7396), got TOML";
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
        return Err(problem.with_field(ACCEPT_PATCH, MediaType::MergePatch.name()));
    }
    let profile = current(state);
    check_if_match(&profile, &fields)?;
    let mut document = as_json(&profile);
    let target = match index {
        None => &mut document,
        Some(index) => &mut document["listener"][index],
    };
    json_patch::merge(target, &body.json()?);
    change(state, from_json(&document)?)?;
    Ok(respond(&current(state), &fields))
}

/// The profile of the servers as they are, each with the port that it listens on.
fn current(state: &ControlState) -> Profile {
    let mut profile = Profile::default();
    let about = state.about.lock().unwrap_or_else(PoisonError::into_inner);
    profile.about.clone_from(&about);
    profile.seed = state.servers.first().map_or(0, ServerControl::seed);
    let listeners = state.servers.iter().map(|server| {
        let mut listener = server.listener();
        listener.port = Some(server.addr().port());
        listener
    });
    profile.listeners = listeners.collect();
    profile
}

/// Makes the servers follow a profile; fails before the first change, if at all.
fn change(state: &ControlState, profile: Profile) -> Result<(), Problem> {
    let (expected, got) = (state.servers.len(), profile.listeners.len());
    if expected != got {
        let detail = format!(
            "listener: expected {expected} listeners, got {got}; their number cannot change while the server runs"
        );
        return Err(Problem::unprocessable(detail));
    }
    let files = known_files(state);
    let mut changes = Vec::new();
    for (index, listener) in profile.listeners.into_iter().enumerate() {
        let server = &state.servers[index];
        let change = prepare(server, listener, profile.seed, &files);
        let located = |reason| Problem::unprocessable(format!("listener[{index}].{reason}"));
        changes.push(change.map_err(located)?);
    }
    changes.into_iter().for_each(PreparedChange::apply);
    let mut about = state.about.lock().unwrap_or_else(PoisonError::into_inner);
    *about = profile.about;
    Ok(())
}

/// The change of one server, or why it cannot change.
fn prepare(
    server: &ServerControl,
    listener: Listener,
    seed: u64,
    files: &BTreeSet<PathBuf>,
) -> Result<PreparedChange, String> {
    let cannot_change = "cannot change while the server runs";
    let quoted = |name: &Option<String>| match name {
        Some(name) => format!("`{name}`"),
        None => "no name".to_owned(),
    };
    let (before, port) = (server.listener(), server.addr().port());
    if listener.name != before.name {
        let (expected, got) = (quoted(&before.name), quoted(&listener.name));
        return Err(format!(
            "name: expected {expected}, got {got}; names {cannot_change}"
        ));
    }
    if let Some(got) = listener.port
        && ![Some(port), before.port].contains(&Some(got))
    {
        return Err(format!(
            "port: expected {port}, got {got}; ports {cannot_change}"
        ));
    }
    let mut unknown = listener.fault_files().filter(|file| !files.contains(*file));
    if let Some(file) = unknown.next() {
        return Err(format!(
            "faults: body-file: expected a file that the profile had at the start, got `{}`",
            file.display()
        ));
    }
    drop(unknown);
    server
        .prepare(listener, seed)
        .map_err(|error| error.to_string())
}

/// The files that a profile may name: those that the user named, and no other file of this machine.
fn known_files(state: &ControlState) -> BTreeSet<PathBuf> {
    let mut files = state.initial_files.clone();
    for server in &state.servers {
        files.extend(server.listener().fault_files().map(Path::to_owned));
    }
    files
}

fn check_if_match(profile: &Profile, request: &HeaderMap) -> Result<(), Problem> {
    if !request.contains_key(IF_MATCH) {
        return Ok(());
    }
    let current =
        [MediaType::Json, MediaType::Toml].map(|media_type| tag(&text(profile, media_type)));
    let is_current = |listed: &EntityTag| current.iter().any(|tag| listed.matches_strongly(tag));
    let holds = request.get_all(IF_MATCH).iter().any(|field| {
        let list = String::from_utf8_lossy(field.as_bytes());
        list == "*" || EntityTag::parse_list(&list).is_some_and(|tags| tags.iter().any(is_current))
    });
    if holds {
        return Ok(());
    }
    let detail = "the profile has changed since it was read; read it again";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail))
}

fn respond(profile: &Profile, request: &HeaderMap) -> Response {
    let media_type = MediaType::for_response(request);
    let body = text(profile, media_type);
    let fields = [
        (CONTENT_TYPE, media_type.name().to_owned()),
        (ETAG, tag(&body).to_string()),
        (VARY, "Accept".to_owned()),
    ];
    (fields, body).into_response()
}

fn text(profile: &Profile, media_type: MediaType) -> String {
    match media_type {
        MediaType::Toml => profile.to_string(),
        MediaType::Json | MediaType::MergePatch => json_text(profile),
    }
}

fn tag(body: &str) -> EntityTag {
    EntityTag::from_digest(ContentDigest::from_body(body.as_bytes()))
}

fn as_json(profile: &Profile) -> Value {
    serde_json::to_value(profile).expect("profiles are JSON")
}

fn from_json(document: &Value) -> Result<Profile, Problem> {
    Profile::from_json(document).map_err(Problem::unprocessable)
}
