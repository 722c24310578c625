//! One connection: the only place that waits for a fate's delay and writes to a socket.

use crate::exchange::Exchange;
use crate::fate::Fate;
use crate::route::Route;
use crate::site::{self, Answer};
use bytes::Bytes;
use flagpole_fixtures::Timing;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The longest head that is read, in bytes; a longer one is answered 431 by hyper.
const HEAD_MAX: usize = 64 << 10;

/// Serves a connection until the peer closes it, the worker ends it, or, once the worker drains,
/// the exchange under way is over.
pub(crate) async fn serve(stream: TcpStream, exchange: Rc<Exchange>) {
    let wire = Wire {
        stream,
        exchange: exchange.clone(),
    };
    let answering = exchange.clone();
    let service = service_fn(move |request| answer(answering.clone(), request));
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
    if result.is_err() {
        exchange.worker().ledger().connection_errors += 1;
    }
}

async fn answer(
    exchange: Rc<Exchange>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let parsed = Instant::now();
    let listener = exchange.worker().listener();
    let route = Route::of(request.method(), request.uri().path());
    let key = listener.site.key(route);
    let place = match listener.counts.place(request.headers(), key) {
        Ok(place) => place,
        Err(sentence) => {
            exchange.open(key, crate::counts::Place::default(), &Fate::default());
            let refused = site::explained(StatusCode::BAD_REQUEST, &sentence);
            return Ok(respond(&exchange, refused, None));
        }
    };
    let fate = if listener.clean {
        Fate::default()
    } else {
        listener.profile.fate(key, place.n)
    };
    exchange.open(key, place, &fate);
    drop(request);
    let due = (!fate.delay.is_zero()).then(|| parsed + fate.delay);
    if let Some(due) = due {
        exchange.worker().timer().sleep_until(due).await;
    }
    let mut answer = match fate.status {
        Some(status) => site::plain(status),
        None => listener.site.answer(route).clone(),
    };
    if due.is_some() || fate.fault.is_some() {
        let timing = Timing {
            planned: fate.delay,
            actual: if due.is_some() {
                parsed.elapsed()
            } else {
                fate.delay
            },
            fault: fate.fault.as_deref().map(str::to_owned),
        };
        let value = HeaderValue::try_from(timing.to_string())
            .expect("a specification that was parsed is printable ASCII");
        answer
            .headers
            .insert(HeaderName::from_static("server-timing"), value);
    }
    Ok(respond(&exchange, answer, due))
}

fn respond(exchange: &Rc<Exchange>, answer: Answer, due: Option<Instant>) -> Response<Body> {
    exchange.answer(answer.status.as_u16(), due);
    let data = Some(answer.body).filter(|body| !body.is_empty());
    let mut response = Response::new(Body {
        data,
        exchange: exchange.clone(),
    });
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
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

/// The socket as hyper sees it; it tells the exchange what passes.
struct Wire {
    stream: TcpStream,
    exchange: Rc<Exchange>,
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // hyper's buffer is not initialised, and to lend it to tokio takes unsafe code; so the bytes
        // go through one of ours. Heads are short.
        let mut bytes = [std::mem::MaybeUninit::uninit(); 2048];
        let room = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::uninit(&mut bytes[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        if !buffer.filled().is_empty() {
            self.exchange.read();
            cursor.put_slice(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.exchange.written();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.exchange.written();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.exchange.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
