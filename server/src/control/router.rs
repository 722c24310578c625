//! Finds the operation of a request.

use super::journal_resource;
use super::ledgers;
use super::live::{route, server_page};
use super::live_path::LIVE_FILES;
use super::metrics;
use super::openapi;
use super::problem::Problem;
use super::profile_resource;
use super::query::Query;
use super::slot::ConnectionSlot;
use super::state::ControlState;
use super::verify_resource;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, get, on};
use flagpole_protocol::{ControlOperation, SpecError};
use http::{Method, Request, StatusCode};
use std::fmt::Write as _;
use std::sync::Arc;

/// All operations of the list, and problems for all other requests.
pub(super) fn router(state: &Arc<ControlState>) -> Router {
    let mut router = Router::new();
    for operation in ControlOperation::ALL {
        let state = state.clone();
        let handler = move |request: Request<Body>| async move {
            let answered = answer(operation, &state, request).await;
            answered.unwrap_or_else(Problem::into_response)
        };
        router = router.route(operation.path(), on(filter(&operation.method()), handler));
    }
    let state = state.clone();
    let live = move |request: Request<Body>| async move { live(&state, &request) };
    router
        .route(LIVE_FILES, get(live))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
}

/// The stream and the files of the live page.
fn live(state: &ControlState, request: &Request<Body>) -> Response {
    let events = |call| state.live.events(&state.stopping, call);
    route::answer(request, &state.slots, events, |name| state.live.file(name))
}

fn slot(request: &Request<Body>) -> Arc<ConnectionSlot> {
    let slot = request.extensions().get::<Arc<ConnectionSlot>>().cloned();
    slot.expect("each connection has a slot")
}

/// A GET route answers HEAD too.
fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::POST => MethodFilter::POST,
        _ => MethodFilter::GET,
    }
}

async fn answer(
    operation: ControlOperation,
    state: &ControlState,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let query = Query::parse(operation, request.uri())?;
    let slot = slot(&request);
    match operation {
        ControlOperation::ListOperations => {
            let page = server_page::page(request.headers());
            Ok(page.unwrap_or_else(|| operations().into_response()))
        }
        ControlOperation::ReadProfile => Ok(profile_resource::read(state, request.headers())),
        ControlOperation::ReplaceProfile => profile_resource::replace(state, request).await,
        ControlOperation::PatchProfile => profile_resource::patch(state, &query, request).await,
        ControlOperation::Reset => ledgers::reset(state, &slot, &query).await,
        ControlOperation::ReadLedger => ledgers::read(state, &query),
        ControlOperation::ReadJournal => journal_resource::read(state, &slot, &query).await,
        ControlOperation::Verify => verify_resource::verify(state, request).await,
        ControlOperation::ReadMetrics => Ok(metrics::read(state)),
        ControlOperation::ReadOpenApi => Ok(openapi::read()),
        ControlOperation::CheckHealth => Ok("ok\n".into_response()),
        ControlOperation::CheckReadiness => readiness(state),
    }
}

/// A line for each operation.
fn operations() -> String {
    let mut text = String::new();
    for operation in ControlOperation::ALL {
        let (method, path) = (operation.method(), operation.path());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{method:<6} {path:<14} {}", operation.summary());
    }
    text
}

fn readiness(state: &ControlState) -> Result<Response, Problem> {
    match state
        .servers
        .servers()
        .iter()
        .find(|server| !server.is_serving())
    {
        None => Ok("ready\n".into_response()),
        Some(server) => {
            let detail = format!("{} is being stopped", server.url());
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
        }
    }
}

async fn not_found(request: Request<Body>) -> Response {
    let mut paths = ControlOperation::ALL.map(ControlOperation::path).to_vec();
    paths.dedup();
    let detail = SpecError::unknown("path", request.uri().path(), paths);
    Problem::new(StatusCode::NOT_FOUND, detail).into_response()
}

/// The router adds `Allow`.
async fn method_not_allowed(request: Request<Body>) -> Response {
    let detail = format!("{} has no {}", request.uri().path(), request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}
