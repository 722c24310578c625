//! Accepts connections and serves HTTP/1.1 on them, within bounds.

use super::guard;
use super::linger;
use super::slot::{ConnectionSlot, ConnectionSlots, SlotGuard};
use super::stopping::Stopping;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Connection};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task;
use tokio::time;
use tower::Service as _;

/// The time for the head of a request, and between two requests on a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum size of the head of a request in bytes.
const MAX_HEAD: usize = 64 << 10;

/// Pause after a failed `accept`, for example when file descriptors run out.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// What the connections share.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) router: Router,
    pub(super) slots: Arc<ConnectionSlots>,
    /// The host name that the user gave to the control plane.
    pub(super) own_name: Option<Arc<str>>,
    pub(super) stopping: Stopping,
    /// The time that responses have to end when the listener stops.
    pub(super) stop_grace: Duration,
}

type AnswerFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Connections {
    /// Accepts connections until the control plane stops, then gives those that are open a short time to end.
    pub(super) async fn serve(self, listener: TcpListener) {
        tokio::select! {
            () = self.accept(&listener) => {}
            () = self.stopping.wait() => {}
        }
        drop(listener);
        let _ = time::timeout(self.stop_grace, self.slots.wait_empty()).await;
    }

    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _peer)) => {
                    let (connections, (guard, was_full)) = (self.clone(), self.slots.add());
                    tokio::spawn(async move { connections.serve_stream(stream, &guard).await });
                    if was_full {
                        // The connection that makes place closes now, before another one is accepted.
                        task::yield_now().await;
                    }
                }
                Err(_) => time::sleep(ACCEPT_RETRY_DELAY).await,
            }
        }
    }

    async fn serve_stream(self, stream: TcpStream, guard: &SlotGuard) {
        let slot = &guard.slot;
        // If the peer has already gone, the first read reports it.
        let _ = stream.set_nodelay(true);
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), self.service(slot));
        let work = async {
            tokio::select! {
                () = finish(&mut connection) => {}
                () = self.stopping.wait() => {
                    Pin::new(&mut connection).graceful_shutdown();
                    finish(&mut connection).await;
                }
            }
            linger::close(connection.into_parts().io.into_inner()).await;
        };
        tokio::select! {
            () = work => {}
            () = slot.evicted.notified() => {}
        }
    }

    /// Answers the requests of one connection.
    fn service(
        &self,
        slot: &Arc<ConnectionSlot>,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future = AnswerFuture,
    > + Unpin
    + use<> {
        let (router, own_name, slot) = (self.router.clone(), self.own_name.clone(), slot.clone());
        service_fn(move |mut request: Request<Incoming>| {
            slot.touch();
            if let Err(problem) = guard::check(&request, own_name.as_deref()) {
                return Box::pin(future::ready(Ok(problem.into_response()))) as AnswerFuture;
            }
            request.extensions_mut().insert(slot.clone());
            let mut router = router.clone();
            Box::pin(async move { router.call(request.map(Body::new)).await })
        })
    }
}

/// Serves until the peer or an error ends the connection, and ends its sending side; it can still be read. Without that hyper
/// would give up what it has not written when the last response is closed.
async fn finish<S>(connection: &mut Connection<TokioIo<TcpStream>, S>)
where
    S: hyper::service::HttpService<Incoming, ResBody = Body> + Unpin,
    S::Future: Unpin,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // After an error hyper has written its response, if there is one; the peer sees the end of the connection.
    let _ = Pin::new(connection).await;
}
