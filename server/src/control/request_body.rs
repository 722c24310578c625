//! The body of a request, read within bounds.

use super::guard::{self, MAX_BODY};
use super::media_type::MediaType;
use super::problem::Problem;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body::Body as _;
use serde_json::Value;
use std::future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time;

/// The time in which the body must arrive: one of the maximum size takes far less.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The body of a request with its media type.
pub(super) struct RequestBody {
    pub(super) media_type: MediaType,
    bytes: Vec<u8>,
}

impl RequestBody {
    pub(super) async fn read(request: Request<Body>) -> Result<RequestBody, Problem> {
        let media_type = MediaType::from_request(request.headers())?;
        let read = time::timeout(TIMEOUT, collect(request.into_body())).await;
        let timed_out = |_| {
            let detail = format!("the body did not arrive within {} s", TIMEOUT.as_secs());
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).closing()
        };
        let bytes = read.map_err(timed_out)??;
        Ok(RequestBody { media_type, bytes })
    }

    pub(super) fn text(&self) -> Result<&str, Problem> {
        str::from_utf8(&self.bytes)
            .map_err(|error| Problem::bad_request(format!("expected UTF-8: {error}")))
    }

    /// Parses JSON.
    pub(super) fn json(&self) -> Result<Value, Problem> {
        let parsed = serde_json::from_slice(&self.bytes);
        parsed.map_err(|error| Problem::bad_request(format!("expected JSON: {error}")))
    }
}

/// Reads a body, but not beyond the maximum size.
async fn collect(mut body: Body) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(frame) = future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        let malformed = |error| Problem::bad_request(format!("malformed body: {error}")).closing();
        let Ok(data) = frame.map_err(malformed)?.into_data() else {
            // Trailers have no meaning here.
            continue;
        };
        bytes.extend_from_slice(&data);
        if bytes.len() as u64 > MAX_BODY {
            return Err(guard::too_large());
        }
    }
    Ok(bytes)
}
