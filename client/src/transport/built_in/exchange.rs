//! One exchange, the same for both drivers: sends a request and receives its response.

use super::connection::{Connection, is_transient};
use super::driver::{Driver, Interest};
use super::receiver::Receiver;
use crate::transport::errors::connection_broken;
use crate::transport::request::RequestSpec;
use crate::transport::request_template::RequestTemplate;
use crate::transport::response::RawResponse;
use flagpole_protocol::Outcome;
use flagpole_protocol::http1::ResponseLimits;
use http::Method;
use std::io::ErrorKind;
use std::mem::take;

/// Makes one exchange over the connection in `pooled`, or over a new connection if that connection cannot be used.
/// Afterwards `pooled` holds the connection if another request can be sent over it. The exchange ends early when
/// `cancelled` completes; a caller may use the same future for several exchanges.
pub(crate) async fn exchange<D: Driver>(
    template: &RequestTemplate,
    driver: &mut D,
    pooled: &mut Option<Box<Connection<D::Socket>>>,
    request: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    // Put back only after a successful exchange, so that dropping this future closes the connection, by a reset if a
    // response is outstanding.
    let mut connection = pooled.take();
    let mut response = Box::<RawResponse>::default();
    let mut receiver = Receiver::new(template, &mut response);
    let work = Exchange {
        template,
        driver,
        connection: &mut connection,
        receiver: &mut receiver,
    };
    let result = tokio::select! {
        biased;
        result = work.run(request) => result,
        () = cancelled => Err(Outcome::Cancelled),
    };
    let is_complete = result.is_ok();
    receiver.finish(result, template.config.keep_partial_bodies);
    if response.died_unanswered {
        template.trust.on_death(template.clock.now());
    }
    *pooled = connection.filter(|used| is_complete && template.config.reuse && used.is_reusable());
    response
}

/// An exchange in progress.
struct Exchange<'a, 'r, D: Driver> {
    template: &'a RequestTemplate,
    driver: &'a mut D,
    /// The connection in use; outlives the exchange if reused.
    connection: &'a mut Option<Box<Connection<D::Socket>>>,
    /// Records what has arrived so far, even if the exchange fails later.
    receiver: &'a mut Receiver<'r>,
}

impl<D: Driver> Exchange<'_, '_, D> {
    async fn run(mut self, request: &RequestSpec<'_>) -> Result<(), Outcome> {
        let mut head = take(self.driver.request_buffer());
        head.clear();
        let content = self.template.encode(&mut head, request);
        self.prepare_connection(request).await?;
        let outgoing = Outgoing {
            head: &head,
            content,
            failure: None,
        };
        let result = self.transfer(outgoing).await;
        *self.driver.request_buffer() = head;
        result
    }

    /// Leaves a connection that can be used in `self.connection`.
    async fn prepare_connection(&mut self, request: &RequestSpec<'_>) -> Result<(), Outcome> {
        let trust = &self.template.trust;
        let endpoint = self.template.endpoint_index(request.message);
        let (started, trusted) = (
            self.receiver.started(),
            self.template.config.trusted_idle_time,
        );
        let reusable = self.connection.take().filter(|idle| {
            idle.endpoint == endpoint
                && !request.fresh
                && trust.allows(idle.opened)
                && (started.saturating_sub(idle.idle_since) < trusted
                    || self.driver.is_quiet(&idle.socket))
        });
        let reused = reusable.is_some();
        let connection = match reusable {
            Some(connection) => connection,
            None => Box::new(self.open(request.message).await?),
        };
        let connection = self.connection.insert(connection);
        connection
            .decoder
            .begin(self.template.message(request).method == Method::HEAD);
        self.receiver.on_sent(reused);
        Ok(())
    }

    /// Opens a connection for requests with this message.
    async fn open(&mut self, message: Option<usize>) -> Result<Connection<D::Socket>, Outcome> {
        let config = &self.template.config;
        let address = &self.template.endpoint(message).address;
        let left = self.receiver.time_left()?;
        let connect = self.driver.connect(address, config.timeouts.connect, left);
        let opened = connect.await;
        // The end of another time limit shows as a failure to connect.
        let socket = opened.map_err(|failed| self.receiver.time_left().err().unwrap_or(failed))?;
        let mut limits = ResponseLimits::default();
        limits.body = config.body_limit as u64;
        let endpoint = self.template.endpoint_index(message);
        let opened = self.template.clock.now();
        Ok(Connection::new(socket, endpoint, limits, opened))
    }

    /// Sends the request and receives the response, which may begin before the request is complete.
    async fn transfer(&mut self, mut outgoing: Outgoing<'_>) -> Result<(), Outcome> {
        let connection = self.connection.as_mut().expect("a connection was prepared");
        let mut is_continued = false;
        loop {
            if outgoing.send(self.driver, connection) && is_continued {
                self.receiver.on_sent_more();
            }
            is_continued = true;
            let interest = outgoing.interest();
            let left = self.receiver.time_left()?;
            self.driver.wait(&connection.socket, interest, left).await?;
            match receive(self.driver, connection, self.receiver) {
                Ok(false) => {}
                // A connection on which a part of the request was not sent cannot be used again.
                Ok(true) => {
                    connection.is_exhausted |= !outgoing.is_sent();
                    return Ok(());
                }
                // The server may have closed the connection before it had read the request.
                Err(outcome) => {
                    return Err(outgoing
                        .failure
                        .take()
                        .filter(|_| !self.receiver.has_bytes())
                        .unwrap_or(outcome));
                }
            }
        }
    }
}

/// Receives what has arrived; returns whether the response is complete.
fn receive<D: Driver>(
    driver: &mut D,
    connection: &mut Connection<D::Socket>,
    receiver: &mut Receiver<'_>,
) -> Result<bool, Outcome> {
    let mut buffer = driver.take_buffer();
    let progress = match driver.receive(&connection.socket, &mut buffer) {
        Ok(0) => {
            connection.is_outstanding = false;
            receiver.on_end(connection).map(|()| true)
        }
        Ok(_) => receiver.on_received(connection, &mut buffer),
        Err(error) if is_transient(&error) => Ok(false),
        Err(error) => {
            connection.is_outstanding = false;
            Err(connection_broken(&error))
        }
    };
    driver.put_buffer(buffer);
    if let Ok(true) = progress {
        connection.is_outstanding = false;
    }
    progress
}

/// A request that is being sent.
struct Outgoing<'a> {
    head: &'a [u8],
    content: &'a [u8],
    /// Why the rest cannot be sent. The server may have sent a response nevertheless.
    failure: Option<Outcome>,
}

impl Outgoing<'_> {
    /// Sends as much as possible without waiting; returns whether that is anything.
    fn send<D: Driver>(&mut self, driver: &mut D, connection: &mut Connection<D::Socket>) -> bool {
        let mut has_sent = false;
        while !self.is_sent() && self.failure.is_none() {
            let part = if self.head.is_empty() {
                &mut self.content
            } else {
                &mut self.head
            };
            match driver.send(&connection.socket, part) {
                Ok(sent) => {
                    connection.is_outstanding = true;
                    has_sent = true;
                    *part = &part[sent..];
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.failure = Some(connection_broken(&error)),
            }
        }
        has_sent
    }

    fn is_sent(&self) -> bool {
        self.head.is_empty() && self.content.is_empty()
    }

    fn interest(&self) -> Interest {
        if self.is_sent() || self.failure.is_some() {
            Interest::Read
        } else {
            Interest::ReadOrWrite
        }
    }
}
