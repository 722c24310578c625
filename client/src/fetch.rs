//! Downloads a single resource, without a run.

use crate::storage::verify::BodyVerifier;
use crate::transport::{
    BlockingClient, RawResponse, RequestSpec, RequestTemplate, RunClock, TaskDriver, exchange,
};
use crate::{Endpoint, Run, Workload, ready};
use bytes::Bytes;
use flagpole_protocol::{Outcome, Resource};
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

/// Downloads a resource and verifies its body: one attempt without timeouts, over a connection of its own, on the
/// caller's runtime. A strategy of one's own takes its attempts from a [`Session`](crate::Session) instead.
///
/// ```no_run
/// # async fn brazil() -> Result<(), Box<dyn std::error::Error>> {
/// use flagpole_client::{Target, fetch};
/// use flagpole_protocol::Resource;
///
/// let endpoint = "http://127.0.0.1:8000".parse::<Target>()?.resolve()?;
/// let flag = fetch(&endpoint, Resource::Flag("BR".parse()?)).await?;
/// assert!(flag.starts_with(b"GIF8"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The outcome, for anything but a 200 with a verified body; a 404 is an error too.
///
/// # Panics
/// Outside a tokio runtime with I/O and time.
pub async fn fetch(endpoint: &Endpoint, resource: Resource) -> Result<Bytes, Outcome> {
    let workload = Workload::default();
    let template = Run::new(&workload, endpoint).request_template(RunClock::start());
    let template = template.expect("there is no run name to reject");
    let request = first_request(&template, resource);
    let response = exchange(
        &template,
        &mut TaskDriver::default(),
        &mut None,
        &request,
        pending(),
    )
    .await;
    verified(resource, *response)
}

/// Downloads a resource as [`fetch`] does, but on the calling thread, without a runtime, and with the timeouts, the body
/// limit, the name and the cancellation token of a run. Redirects are not followed, and the workload is ignored.
///
/// # Errors
/// The outcome, for anything but a success with a verified body; a 404 is an error too.
///
/// # Panics
/// If the name of the run cannot be sent.
pub fn fetch_blocking(run: &Run<'_>, resource: Resource) -> Result<Bytes, Outcome> {
    let template = run
        .request_template(RunClock::start())
        .expect("the name can be sent");
    let template = Arc::new(template);
    let mut client = BlockingClient::new(template.clone());
    let request = first_request(&template, resource);
    let response = ready::output(pin!(client.exchange(&request)));
    verified(resource, *response)
}

fn first_request(template: &RequestTemplate, resource: Resource) -> RequestSpec<'_> {
    RequestSpec {
        resource,
        message: None,
        as_get: false,
        request_number: 1,
        path: None,
        rendered: None,
        conditions: Vec::new(),
        fresh: false,
        cancel: &template.cancel,
    }
}

fn verified(resource: Resource, response: RawResponse) -> Result<Bytes, Outcome> {
    match BodyVerifier::with_capacity(0).verify_response(resource, &response)? {
        Outcome::Ok => response.result,
        other => Err(other),
    }
}
