//! One resource, fetched without further ado.

use crate::run::Run;
use crate::storage::verify::BodyVerifier;
use crate::transport::hyper::{EventLoop, exchange};
use crate::transport::{RequestSpec, RequestTemplate};
use crate::workload::plan::Workload;
use crate::workload::target::Endpoint;
use bytes::Bytes;
use flagpole_protocol::Outcome;
use flagpole_protocol::Resource;
use std::future::pending;
use tokio_util::sync::CancellationToken;

/// The body of a resource, verified: one attempt, over a connection of its own, on the caller's runtime,
/// without limits of time. For programs that bring their own strategy.
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
/// How it ended, if not with 200 and the true body; a 404 is an error here as well.
///
/// # Panics
/// Outside a tokio runtime with I/O and time.
pub async fn fetch(endpoint: &Endpoint, resource: Resource) -> Result<Bytes, Outcome> {
    let wire = {
        let plan = Workload::default();
        RequestTemplate::new(&Run::new(&plan, endpoint))
            .expect("only the name of a run can be refused")
    };
    let attempt = RequestSpec {
        resource,
        request_number: 1,
        path: None,
        conditions: None,
        cancel: &CancellationToken::new(),
    };
    let answer = exchange(&wire, &EventLoop, &mut None, &attempt, pending()).await;
    match BodyVerifier::with_capacity(0).judge(resource, &answer)? {
        Outcome::Ok => answer.result,
        other => Err(other),
    }
}
