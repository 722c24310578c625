//! One connection: requests in, answers out when they are due. `wire` writes them.

use crate::content::site;
use crate::content::site::Answer;
use crate::fate::request_counters::Place;
use crate::fate::rule_set::{Decision, RequestInfo};
use crate::http::precondition::Selection;
use crate::http::redirect;
use crate::http::route::Route;
use crate::http::write_schedule::Schedule;
use crate::limits::admission::Pass;
use crate::net::http1::connection_state::{Details, Exchange};
use crate::net::http1::shaped_stream::{Script, Wire};
use bytes::Bytes;
use flagpole_protocol::Cause;
use flagpole_protocol::ServerTiming;
use flagpole_protocol::{Fate, ResponseContent};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::cell::LazyCell;
use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_util::either::Either;

/// The longest head that is read, in bytes; a longer one is answered 431 by hyper.
const HEAD_MAX: usize = 64 << 10;

/// Serves a connection until the peer closes it, the worker ends it, or, once the worker drains,
/// the exchange under way is over.
pub(crate) async fn serve(stream: TcpStream, exchange: Rc<Exchange>) {
    let wire = Wire::new(stream, exchange.clone());
    let answering = exchange.clone();
    let service = service_fn(move |request| match judge(&answering, &request) {
        Verdict::Now(answer) => Either::Left(ready(Ok(respond(&answering, answer, None, None)))),
        Verdict::Later(pending) => Either::Right(Box::pin(deliver(answering.clone(), pending))),
    });
    let mut connection = pin!(
        http1::Builder::new()
            // The worker bounds the time to send a head itself: hyper's timer would be set anew
            // with every request.
            .header_read_timeout(None)
            .max_buf_size(HEAD_MAX)
            .serve_connection(wire, service)
    );
    let mut told = false;
    let result = poll_fn(|context| {
        exchange.remember(context.waker());
        if exchange.is_ended() {
            return Poll::Ready(Ok(()));
        }
        if exchange.worker().is_draining() && !told {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    })
    .await;
    if result.is_err() && !exchange.is_ended_by_fault() {
        exchange.worker().ledger().connection_errors += 1;
    }
}

/// What is decided about a request as soon as its head has been parsed.
enum Verdict {
    /// An answer without delay or fault.
    Now(Answer),
    /// All others, in a box: a clean answer is not to carry their size.
    Later(Box<Pending>),
}

/// An answer to come.
struct Pending {
    fate: Fate,
    pass: Pass,
    /// When the head had been parsed.
    parsed: Instant,
    route: Route,
    selection: Selection,
    path: String,
    is_head: bool,
}

fn judge(exchange: &Exchange, request: &Request<Incoming>) -> Verdict {
    let listener = exchange.worker().listener();
    let route = Route::of(request.method(), request.uri().path());
    let key = listener.site.key(route);
    let whole = listener.site.answer(route);
    let select = || Selection::of(request.method(), request.headers(), whole);
    // Reading the clock is no small part of what a clean answer takes.
    let parsed = LazyCell::new(Instant::now);
    let tell = |place, cause, decided: &Decision| {
        let details = Details::of(listener, request, key, decided, || *parsed);
        exchange.open(key, place, cause, &decided.fate, details);
    };
    let place = match listener.counts.place(request.headers(), key) {
        Ok(place) => place,
        Err(sentence) => {
            tell(Place::default(), Cause::Clean, &Decision::default());
            return Verdict::Now(site::explained(StatusCode::BAD_REQUEST, &sentence));
        }
    };
    if listener.clean {
        tell(place, Cause::Clean, &Decision::default());
        return Verdict::Now(select().answer(whole));
    }
    let pass = match listener.limits.admit(*parsed) {
        Ok(pass) => pass,
        Err(refusal) => {
            tell(place, refusal.cause.clone(), &Decision::default());
            return Verdict::Now(refusal.answer());
        }
    };
    let mut decided = listener.rulebook.decide(&RequestInfo {
        method: request.method(),
        path: request.uri().path(),
        key,
        n: place.n,
        elapsed: parsed.saturating_duration_since(listener.start),
    });
    if let Some(hop) = redirect::hop(request.uri().query()) {
        decided.fate = listener.rulebook.within_chain(decided.fate, hop);
    }
    tell(place, Cause::of(&decided.fate), &decided);
    let fate = decided.fate;
    let path = request.uri().path().to_owned();
    let is_head = request.method() == Method::HEAD;
    Verdict::Later(Box::new(Pending {
        fate,
        pass,
        parsed: *parsed,
        route,
        selection: select(),
        path,
        is_head,
    }))
}

async fn deliver(
    exchange: Rc<Exchange>,
    pending: Box<Pending>,
) -> Result<Response<Body>, Infallible> {
    let Pending {
        fate,
        pass,
        parsed,
        route,
        selection,
        path,
        is_head,
    } = *pending;
    let mut start = parsed;
    match pass {
        Pass::Free => {}
        Pass::Permit(seat) => exchange.sit_down(seat),
        Pass::Queued(ticket) => {
            exchange.sit_down(ticket.seat().await);
            start = Instant::now();
        }
    }
    let due = start + fate.delay;
    if !fate.delay.is_zero() {
        exchange.worker().timer().sleep_until(due).await;
    }
    exchange.is_next().await;
    let whole = exchange.worker().listener().site.answer(route);
    let mut answer = match &fate.content {
        ResponseContent::Requested | ResponseContent::Garbage => selection.answer(whole),
        ResponseContent::Status(status) => site::status(status),
        ResponseContent::Redirect(hops) => redirect::answer(&path, *hops),
        ResponseContent::Corrupt { bits, draw } => selection.answer(whole).corrupt(*bits, *draw),
    };
    let body = if is_head { 0 } else { answer.body.len() as u64 };
    let waited = start != parsed;
    if !fate.is_clean() || waited {
        answer.headers.insert(
            HeaderName::from_static("server-timing"),
            timing(&fate, parsed, body),
        );
    }
    let due_if_delayed = (!fate.delay.is_zero()).then_some(due);
    let script = (!Schedule::is_plain(&fate)).then_some(Script {
        fate,
        body,
        start: due,
    });
    Ok(respond(&exchange, answer, due_if_delayed, script))
}

fn timing(fate: &Fate, parsed: Instant, body: u64) -> HeaderValue {
    let actual = parsed.elapsed();
    // To whole microseconds; how long the head is makes no difference.
    let paced = Schedule::of(fate, 1, body).duration().unwrap_or_default();
    let timing = ServerTiming {
        planned: fate.delay,
        actual: if actual < fate.delay {
            fate.delay
        } else {
            actual
        },
        paced: Duration::from_micros(u64::try_from(paced.as_micros()).unwrap_or(u64::MAX)),
        fault: fate.fault.as_deref().map(str::to_owned),
    };
    HeaderValue::try_from(timing.to_string())
        .expect("a specification that was parsed is printable ASCII")
}

fn respond(
    exchange: &Rc<Exchange>,
    answer: Answer,
    due: Option<Instant>,
    script: Option<Script>,
) -> Response<Body> {
    let is_seen = script
        .as_ref()
        .is_none_or(|script| script.fate.shows_a_status());
    exchange.answer(is_seen.then_some(answer.status.as_u16()), due, script);
    let data = Some(answer.body).filter(|body| !body.is_empty());
    let mut response = Response::new(Body {
        data,
        exchange: exchange.clone(),
    });
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if let Some(reason) = answer.reason {
        response.extensions_mut().insert(reason);
    }
    response
}

/// The body of an answer, which says when hyper has done with it.
struct Body {
    data: Option<Bytes>,
    exchange: Rc<Exchange>,
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, Bytes::len) as u64)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.exchange.handed_over();
    }
}
