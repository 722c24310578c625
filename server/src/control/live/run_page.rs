//! The live page of a run of the command, on a separate listener. At the end of the run it becomes the report.

use super::asset;
use super::event::as_json;
use super::event_stream;
use super::feed::LiveFeed;
use super::report_body::ReportBody;
use super::route;
use super::thread_priority;
use crate::control::listener_thread::{ListenerConfig, ListenerThread};
use crate::control::live_path::LIVE_FILES;
use crate::control::problem::Problem;
use crate::control::slot::ConnectionSlots;
use crate::control::stopping::Stopping;
use crate::root_url::root_url;
use crate::start_error::StartError;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// Maximum number of open connections; a browser opens up to six.
const MAX_CONNECTIONS: usize = 64;

/// The interval between looks at whether all readers have the report.
const POLL: Duration = Duration::from_millis(5);

/// The time in which readers can receive the rest of the report when the page ends.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// A load run.
    Load,
    /// A comparison.
    Comparison,
}

/// A live page of a run: a listener with a separate thread, of low priority where the system has that. Readers get
/// what [`push`](RunPage::push) and [`set`](RunPage::set) were called with, and at the end the report. Dropping it frees the port.
///
/// ```
/// use flagpole_server::{RunKind, RunPage};
/// use std::time::Duration;
///
/// let page = RunPage::start(RunKind::Load, ([127, 0, 0, 1], 0).into(), None)?;
/// page.set(&serde_json::json!({ "title": "a run" }));
/// page.finish("<!doctype html><title>Report</title>".to_owned(), "", Duration::from_secs(5));
/// # Ok::<(), flagpole_server::StartError>(())
/// ```
#[derive(Debug)]
pub struct RunPage {
    listener: ListenerThread,
    shared: Arc<SharedPage>,
}

#[derive(Debug)]
struct SharedPage {
    page: &'static str,
    feed: Arc<LiveFeed>,
    slots: Arc<ConnectionSlots>,
    report: OnceLock<Report>,
    /// How often the report was sent to its end, or its reader left before that.
    reports_sent: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Report {
    html: Bytes,
    style: String,
}

impl RunPage {
    /// Starts a page at this address; port 0 means any free port. `host_name` is a name that requests may have in `Host`, besides
    /// `localhost` and IP addresses.
    ///
    /// # Errors
    /// If the port is taken, or the socket or the thread cannot be created.
    pub fn start(
        kind: RunKind,
        address: SocketAddr,
        host_name: Option<&str>,
    ) -> Result<RunPage, StartError> {
        let slots = Arc::new(ConnectionSlots::new(MAX_CONNECTIONS));
        let shared = Arc::new(SharedPage {
            page: match kind {
                RunKind::Load => asset::LOAD_PAGE,
                RunKind::Comparison => asset::COMPARE_PAGE,
            },
            feed: LiveFeed::new(),
            slots: slots.clone(),
            report: OnceLock::new(),
            reports_sent: Arc::default(),
        });
        let config = ListenerConfig {
            address,
            thread_name: "flagpole:live",
            on_start: thread_priority::lower,
            slots,
            own_name: host_name.map(Into::into),
            stop_grace: STOP_GRACE,
        };
        let listener = ListenerThread::start(config, |stopping| router(&shared, &stopping))?;
        Ok(RunPage { listener, shared })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address
    }

    /// The URL of the page.
    pub fn url(&self) -> String {
        root_url(self.listener.address)
    }

    /// Adds a snapshot; the page keeps those of the last five minutes if there are two a second.
    ///
    /// # Panics
    /// If it cannot be written as JSON.
    pub fn push(&self, snapshot: &impl Serialize) {
        self.shared.feed.push(&as_json(snapshot));
    }

    /// Replaces the state of the run.
    ///
    /// # Panics
    /// If it cannot be written as JSON.
    pub fn set(&self, state: &impl Serialize) {
        self.shared.feed.set("state", &as_json(state));
    }

    /// Ends the page: its readers get the report, an HTML document without scripts whose only inline style is `style`. Blocks until all
    /// that are connected have it, for at most `timeout`.
    pub fn finish(self, report: String, style: &str, timeout: Duration) {
        let report = Report {
            html: report.into(),
            style: style.to_owned(),
        };
        // It is set once, because the page ends here.
        let _ = self.shared.report.set(report);
        let readers = self.shared.feed.reader_count();
        self.shared.feed.set("end", "{}");
        let end = Instant::now() + timeout;
        while self.shared.reports_sent.load(Relaxed) < readers && Instant::now() < end {
            thread::sleep(POLL);
        }
    }
}

fn router(page: &Arc<SharedPage>, stopping: &Stopping) -> Router {
    let root = {
        let page = page.clone();
        move || async move { page.root() }
    };
    let report = {
        let page = page.clone();
        move |method: Method| async move {
            let report = page.report(&method);
            report.unwrap_or_else(Problem::into_response)
        }
    };
    let live = {
        let (page, stopping) = (page.clone(), stopping.clone());
        move |request: Request<Body>| async move { page.live(&request, &stopping) }
    };
    Router::new()
        .route("/", get(root))
        .route("/report", get(report))
        .route(LIVE_FILES, get(live))
        .fallback(|| async { not_found("the live page is at `/`").into_response() })
}

impl SharedPage {
    fn root(&self) -> Response {
        asset::page(self.page)
    }

    fn report(&self, method: &Method) -> Result<Response, Problem> {
        let report = self.report.get();
        let report =
            report.ok_or_else(|| not_found("there is no report before the run has ended"))?;
        let html = report.html.clone();
        let body = if method == Method::GET {
            Body::new(ReportBody::new(html, self.reports_sent.clone()))
        } else {
            html.into()
        };
        Ok(asset::report(body, &report.style))
    }

    fn live(&self, request: &Request<Body>, stopping: &Stopping) -> Response {
        let events = |call| {
            let reader = self.feed.subscribe();
            Ok(event_stream::respond(reader, stopping.clone(), call))
        };
        route::answer(request, &self.slots, events, asset::find)
    }
}

fn not_found(detail: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, detail)
}
