//! A client of the control plane of a running `flagpole serve`. Calls block.

pub(crate) mod call;
pub(crate) mod control_url;
pub(crate) mod error;
#[cfg(test)]
mod tests;

use self::call::ControlCall;
use self::control_url::ControlUrl;
use self::error::ControlError;
use http::Response;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time;

/// Maximum size of an answer that is read into memory, in bytes: far above a profile and the ledgers of many listeners.
const MAX_ANSWER: usize = 64 << 20;

const PROBLEM: &str = "application/problem+json";

/// A control plane whose address is known; each call has a connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct ControlClient(ControlUrl);

impl ControlClient {
    pub(crate) fn new(address: ControlUrl) -> ControlClient {
        ControlClient(address)
    }

    /// Makes a call and returns the body of its answer, which must come within `timeout`.
    pub(crate) fn call(
        &self,
        call: &ControlCall,
        timeout: Duration,
    ) -> Result<String, ControlError> {
        let work = async {
            let response = self.send(call).await?;
            self.read(response).await
        };
        runtime()?.block_on(self.within(timeout, work))
    }

    /// Makes a call, whose answer must begin within `timeout`, and passes the answer to `on_data` as it comes, with no pause
    /// longer than `pause`.
    pub(crate) fn stream(
        &self,
        call: &ControlCall,
        timeout: Duration,
        pause: Option<Duration>,
        mut on_data: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ControlError> {
        runtime()?.block_on(async {
            let mut response = self.within(timeout, self.send(call)).await?;
            loop {
                let next = async { Ok(response.body_mut().frame().await) };
                let frame = match pause {
                    Some(pause) => self.within(pause, next).await?,
                    None => next.await?,
                };
                let Some(frame) = frame else {
                    return Ok(());
                };
                let frame = frame.map_err(|error| self.broken(&error))?;
                if let Some(data) = frame.data_ref() {
                    on_data(data).map_err(ControlError::Output)?;
                }
            }
        })
    }

    /// Sends a request and returns its response, if it has the media type that the call expects.
    async fn send(&self, call: &ControlCall) -> Result<Response<Incoming>, ControlError> {
        let stream = TcpStream::connect(self.0.addresses()).await;
        let stream = stream.map_err(|error| ControlError::Connect(self.0.to_string(), error))?;
        // If the peer has already gone, the first write reports it.
        let _ = stream.set_nodelay(true);
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| self.broken(&error))?;
        // Its errors are those of the request and of the body.
        tokio::spawn(connection);
        let response = sender.send_request(call.request(self.0.authority())).await;
        let response = response.map_err(|error| self.broken(&error))?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().split(';').next();
        let content_type = content_type.unwrap_or_default().trim();
        if content_type.eq_ignore_ascii_case(PROBLEM) {
            let text = self.read(response).await?;
            return Err(serde_json::from_str(&text)
                .map_or_else(|_| self.foreign(call, PROBLEM), ControlError::Problem));
        }
        if !content_type.eq_ignore_ascii_case(call.answer) {
            let status = response.status();
            return Err(self.foreign(call, &status.to_string()));
        }
        Ok(response)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<String, ControlError> {
        let collected = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let bytes = collected.map_err(|error| self.broken(&*error))?.to_bytes();
        String::from_utf8(bytes.into()).map_err(|error| self.broken(&error))
    }

    async fn within<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, ControlError>>,
    ) -> Result<T, ControlError> {
        let in_time = time::timeout(timeout, work).await;
        in_time.unwrap_or_else(|_| {
            let url = self.0.to_string();
            Err(ControlError::TimedOut { url, timeout })
        })
    }

    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> ControlError {
        ControlError::Broken(self.0.to_string(), error.to_string())
    }

    /// The error about an answer that no control plane gives.
    pub(crate) fn foreign(&self, call: &ControlCall, answer: &str) -> ControlError {
        ControlError::Foreign {
            url: self.0.to_string(),
            request: call.operation_name(),
            answer: answer.to_owned(),
        }
    }
}

fn runtime() -> Result<Runtime, ControlError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(ControlError::Runtime)
}
