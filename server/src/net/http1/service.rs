//! What hyper calls for each request.

use crate::net::http1::connection_state::ConnectionState;
use crate::net::http1::dispatch::{Dispatch, dispatch};
use crate::net::http1::request_body;
use crate::net::http1::respond::{respond, respond_when_due};
use crate::net::http1::response_body::ResponseBody;
use flagpole_protocol::RequestBodyReading;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Response, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::Service;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Responds to the requests of one connection.
pub(super) struct HttpService(Rc<ConnectionState>);

impl HttpService {
    pub(super) fn new(state: Rc<ConnectionState>) -> HttpService {
        HttpService(state)
    }
}

impl Service<Request<Incoming>> for HttpService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        let state = &self.0;
        if !state.accepts_request() || !request.body().is_end_stream() {
            return ResponseFuture::deferred(respond_slowly(state.clone(), request));
        }
        match dispatch(state, &request) {
            Dispatch::Immediate(response) => {
                ResponseFuture::Immediate(Some(respond(state, response, None, None)))
            }
            // Boxed, because its size would slow down immediate responses.
            Dispatch::Deferred(deferred) => {
                let state = state.clone();
                ResponseFuture::deferred(
                    async move { respond_when_due(&state, *deferred, None).await },
                )
            }
        }
    }
}

/// Responds to a request that has a body, or that came before the previous response was complete.
async fn respond_slowly(
    state: Rc<ConnectionState>,
    request: Request<Incoming>,
) -> Response<ResponseBody> {
    state.wait_for_turn().await;
    let mut dispatch = dispatch(&state, &request);
    let expects_continue = expects_continue(&request);
    let body = request.into_body();
    if body.is_end_stream() {
        return match dispatch {
            Dispatch::Immediate(response) => respond(&state, response, None, None),
            Dispatch::Deferred(deferred) => respond_when_due(&state, *deferred, None).await,
        };
    }
    let limit = state.worker.listener.connection_limits.request_body;
    let reading = match &mut dispatch {
        Dispatch::Immediate(response) if body.size_hint().lower() > limit => {
            // Where the next request begins will not be known.
            let close = HeaderValue::from_static("close");
            response.headers.insert(CONNECTION, close);
            RequestBodyReading::Unread
        }
        Dispatch::Immediate(_) => RequestBodyReading::Immediate,
        Dispatch::Deferred(deferred) => deferred.fate.request_body,
    };
    let progress = request_body::discard(&state, body, reading, expects_continue);
    if expects_continue {
        // hyper sends `100 Continue` while the body is read and the response has not begun.
        progress.begun().await;
    }
    match dispatch {
        Dispatch::Immediate(response) => respond(&state, response, None, None),
        Dispatch::Deferred(deferred) => respond_when_due(&state, *deferred, Some(progress)).await,
    }
}

/// Whether hyper sends `100 Continue` once the body is read. HTTP/1.0 has no interim responses, so there the expectation is
/// ignored (RFC 9110 section 10.1.1).
fn expects_continue<B>(request: &Request<B>) -> bool {
    let expectation = request.headers().get(EXPECT);
    let is_continue = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    request.version() > Version::HTTP_10 && expectation.is_some_and(is_continue)
}

/// A response that is there already, or one that is waited for.
pub(super) enum ResponseFuture {
    Immediate(Option<Response<ResponseBody>>),
    Deferred(Pin<Box<dyn Future<Output = Response<ResponseBody>>>>),
}

impl ResponseFuture {
    fn deferred(future: impl Future<Output = Response<ResponseBody>> + 'static) -> ResponseFuture {
        ResponseFuture::Deferred(Box::pin(future))
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            ResponseFuture::Immediate(response) => {
                let response = response.take().expect("hyper polls a response once");
                Poll::Ready(Ok(response))
            }
            ResponseFuture::Deferred(future) => future.as_mut().poll(context).map(Ok),
        }
    }
}
