//! A run, which a strategy carries out: a workload and its conditions.

use crate::transport::{
    InvalidRunName, RequestTemplate, RunClock, RunMessage, TransportConfig, TransportKind,
};
use crate::{Concurrency, DownloadDir, Endpoint, Policy, Workload};
use flagpole_protocol::AttemptRecord;
use std::{io, time::Duration};

/// The largest body that is accepted unless another limit is set, in bytes.
pub const BODY_LIMIT: usize = 8 << 20;

/// A workload and the conditions under which it is carried out.
#[derive(Clone)]
pub struct Run<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) concurrency: Concurrency,
    pub(crate) policy: Policy,
    pub(crate) body_limit: usize,
    pub(crate) digests_bodies: bool,
    pub(crate) transport: TransportKind,
    pub(crate) name: Option<String>,
    pub(crate) destination: Option<&'a DownloadDir>,
    pub(crate) cancel: tokio_util::sync::CancellationToken,
    pub(crate) on_record: Option<&'a (dyn Fn(&AttemptRecord) + Sync)>,
}

/// A run could not be started or continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The system refused a resource that a runtime needs.
    #[error("cannot start a runtime: {0}")]
    Runtime(#[source] io::Error),
    /// The system refused a thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
    /// The strategy cannot use the transport of the run.
    #[error("the strategy `{strategy}` cannot use the transport `{transport}`")]
    Transport {
        /// The name of the strategy.
        strategy: &'static str,
        /// The transport of the run.
        transport: TransportKind,
    },
    /// The name of the run cannot be sent.
    #[error(transparent)]
    Name(InvalidRunName),
}

impl<'a> Run<'a> {
    /// A run at concurrency 1 with the default policy, without name or destination.
    pub fn new(workload: &'a Workload, endpoint: &'a Endpoint) -> Run<'a> {
        Run {
            workload,
            endpoint,
            concurrency: Concurrency::ONE,
            policy: Policy::default(),
            body_limit: BODY_LIMIT,
            digests_bodies: false,
            transport: TransportKind::default(),
            name: None,
            destination: None,
            cancel: tokio_util::sync::CancellationToken::new(),
            on_record: None,
        }
    }

    /// How many downloads may be in flight at the same time.
    pub fn concurrency(mut self, concurrency: Concurrency) -> Run<'a> {
        self.concurrency = concurrency;
        self
    }

    /// Timeouts, retries, hedging, redirects and connection reuse.
    pub fn policy(self, policy: Policy) -> Run<'a> {
        Run { policy, ..self }
    }

    /// The policy's total timeout of a request: connecting, head and body.
    pub fn timeout(mut self, timeout: Duration) -> Run<'a> {
        self.policy.timeouts.total = Some(timeout);
        self
    }

    /// The largest body that is accepted, in bytes; [`BODY_LIMIT`] unless set.
    pub fn body_limit(self, body_limit: usize) -> Run<'a> {
        Run { body_limit, ..self }
    }

    /// Whether attempt records have the digests of complete bodies. Each body without a `Content-Digest` of the server is
    /// then hashed, at some 300 MB to 2 GB a second.
    pub fn digest_bodies(mut self, digests_bodies: bool) -> Run<'a> {
        self.digests_bodies = digests_bodies;
        self
    }

    /// Who speaks HTTP; flagpole's codec unless set. Strategies that block threads have no other transport.
    pub fn transport(self, transport: TransportKind) -> Run<'a> {
        Run { transport, ..self }
    }

    /// The name of the run (`Flagpole-Run`), 1 to 64 printable ASCII characters. Each attempt then names its
    /// request number too (`Flagpole-Nth`).
    pub fn name(mut self, name: impl Into<String>) -> Run<'a> {
        self.name = Some(name.into());
        self
    }

    /// Where flags are saved; without a folder they are only verified.
    pub fn destination(mut self, destination: &'a DownloadDir) -> Run<'a> {
        self.destination = Some(destination);
        self
    }

    /// A token whose cancellation ends the run: no attempt is started, and those in flight end at once with
    /// [`Cancelled`](flagpole_protocol::Outcome::Cancelled). Their connections are reset, as after a timeout.
    pub fn cancel(mut self, token: CancellationToken) -> Run<'a> {
        self.cancel = token.0;
        self
    }

    /// A callback for every attempt record, called after the attempt on a thread of the strategy with a stack of
    /// [`STACK_SIZE`](crate::strategy::STACK_SIZE) bytes. A slow callback delays further attempts.
    pub fn on_record(mut self, on_record: &'a (dyn Fn(&AttemptRecord) + Sync)) -> Run<'a> {
        self.on_record = Some(on_record);
        self
    }

    /// The same run with a child of its cancellation token: cancelling the child leaves the run's token alone.
    pub(crate) fn with_child_token(&self) -> Run<'a> {
        Run {
            cancel: self.cancel.child_token(),
            ..self.clone()
        }
    }

    /// The template of all requests.
    pub(crate) fn request_template(&self, clock: RunClock) -> Result<RequestTemplate, RunError> {
        let (endpoints, name) = (std::slice::from_ref(self.endpoint), self.name.as_deref());
        let messages = self.workload.messages.iter().map(RunMessage::from);
        let cancel = self.cancel.clone();
        let template = RequestTemplate::new(
            self.transport_config(),
            endpoints,
            messages,
            name,
            cancel,
            clock,
        );
        template.map_err(RunError::Name)
    }

    pub(crate) fn transport_config(&self) -> TransportConfig {
        TransportConfig {
            timeouts: self.policy.timeouts,
            max_time: self.policy.max_time,
            reuse: self.policy.reuse,
            body_limit: self.body_limit,
            trusted_idle_time: Duration::ZERO,
            captures_fields: false,
            keep_partial_bodies: self.destination.is_some_and(DownloadDir::resumes),
            transport: self.transport,
        }
    }

    /// Calls the record callback.
    pub(crate) fn report(&self, record: &AttemptRecord) {
        if let Some(on_record) = self.on_record {
            on_record(record);
        }
    }
}

/// Ends a run early, from any thread. Clones cancel the same run.
#[derive(Clone, Debug, Default)]
pub struct CancellationToken(pub(crate) tokio_util::sync::CancellationToken);

impl CancellationToken {
    /// A token that is not cancelled.
    pub fn new() -> CancellationToken {
        CancellationToken::default()
    }

    /// Cancels the runs that have this token.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}
