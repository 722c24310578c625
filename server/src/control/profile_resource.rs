//! The profile that the servers follow: `GET`, `PUT` and `PATCH /profile`.
//!
//! A profile is validated whole, over all listeners, before anything takes effect, and a condition (`If-Match`) holds until
//! then.

use super::media_type::MediaType;
use super::problem::{Problem, json_text};
use super::query::Query;
use super::request_body::RequestBody;
use super::state::ControlState;
use crate::config::profile::Profile;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use flagpole_protocol::{ContentDigest, EntityTag};
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, VARY};
use http::{HeaderMap, HeaderName, Request, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// RFC 5789 section 3.1.
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The profile at the moment.
pub(super) fn read(state: &ControlState, request: &HeaderMap) -> Response {
    respond(&state.servers.profile(), request)
}

/// Replaces the profile by the one in the body.
pub(super) async fn replace(
    state: &ControlState,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let fields = request.headers().clone();
    let body = RequestBody::read(request).await?;
    let profile = match body.media_type {
        MediaType::Toml => body.text()?.parse().map_err(Problem::unprocessable)?,
        MediaType::Json | MediaType::MergePatch => from_json(&body.json()?)?,
    };
    change(state, &fields, |_current| Ok(profile))
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
    let patch = body.json()?;
    change(state, &fields, |current| {
        let mut document = as_json(current);
        let target = match index {
            None => &mut document,
            Some(index) => &mut document["listener"][index],
        };
        json_patch::merge(target, &patch);
        from_json(&document)
    })
}

/// Makes the servers follow the profile that `next` makes of the current one, if `If-Match` permits.
fn change(
    state: &ControlState,
    request: &HeaderMap,
    next: impl FnOnce(&Profile) -> Result<Profile, Problem>,
) -> Result<Response, Problem> {
    let changed = state.servers.update(|current| {
        check_if_match(current, request)?;
        let profile = next(current)?;
        check_files(state, &profile)?;
        Ok::<_, Problem>(profile)
    })?;
    Ok(respond(&changed, request))
}

/// Refuses files of this machine that the user has not named.
fn check_files(state: &ControlState, profile: &Profile) -> Result<(), Problem> {
    let known = known_files(state);
    for (index, listener) in profile.listeners.iter().enumerate() {
        let is_unknown = |file: &&Path| !known.contains(&without_dots(file));
        if let Some(file) = listener.fault_files().find(is_unknown) {
            let file = file.display();
            let mut known: Vec<_> = known
                .iter()
                .map(|file| format!("`{}`", file.display()))
                .collect();
            if known.is_empty() {
                known.push("none".to_owned());
            }
            return Err(Problem::unprocessable(format!(
                "listener[{index}].faults: body-file: expected a file that the profile had at the start ({}), got `{file}`",
                known.join(", ")
            )));
        }
    }
    Ok(())
}

/// The files that a profile may name: those that the user named, and no other file of this machine.
fn known_files(state: &ControlState) -> BTreeSet<PathBuf> {
    let current: Vec<_> = (state.servers.servers().iter())
        .flat_map(|server| {
            server
                .listener()
                .fault_files()
                .map(without_dots)
                .collect::<Vec<_>>()
        })
        .collect();
    let initial = state.initial_files.iter().map(|file| without_dots(file));
    initial.chain(current).collect()
}

/// The same path without `.`: `./down.html` is `down.html`.
fn without_dots(file: &Path) -> PathBuf {
    let is_name = |part: &Component<'_>| *part != Component::CurDir;
    file.components().filter(is_name).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_folder_makes_no_other_file() {
        let same =
            |one: &str, other: &str| without_dots(one.as_ref()) == without_dots(other.as_ref());
        assert!(same("./down.html", "down.html") && same("a/./b", "./a/b"));
        assert!(!same("../down.html", "down.html") && !same("/down.html", "down.html"));
    }
}
