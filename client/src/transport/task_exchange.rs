//! An exchange of a task of an event loop, by the transport of the run.

use super::built_in::{self, TaskConnection, TaskDriver};
use super::hyper::{self, HyperConnection};
use super::kind::TransportKind;
use super::request::RequestSpec;
use super::request_template::RequestTemplate;
use super::response::RawResponse;

/// An open connection of a task.
pub(crate) enum PooledConnection {
    BuiltIn(TaskConnection),
    Hyper(Box<HyperConnection>),
}

impl PooledConnection {
    /// The index of the endpoint that it leads to.
    pub(crate) fn endpoint(&self) -> usize {
        match self {
            PooledConnection::BuiltIn(connection) => connection.endpoint,
            PooledConnection::Hyper(connection) => connection.endpoint,
        }
    }
}

/// Makes one exchange over the connection in `pooled`, or over a new connection if that connection cannot be used.
/// Afterwards `pooled` holds the connection if another request can be sent over it. The exchange ends early when
/// `cancelled` completes; a caller may use the same future for several exchanges.
pub(crate) async fn exchange(
    template: &RequestTemplate,
    driver: &mut TaskDriver,
    pooled: &mut Option<PooledConnection>,
    request: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    match (template.config.transport, pooled.take()) {
        (TransportKind::BuiltIn, idle) => {
            let mut connection = match idle {
                Some(PooledConnection::BuiltIn(connection)) => Some(connection),
                _ => None,
            };
            let exchange =
                built_in::exchange(template, driver, &mut connection, request, cancelled);
            let response = exchange.await;
            *pooled = connection.map(PooledConnection::BuiltIn);
            response
        }
        (TransportKind::Hyper, idle) => {
            let mut connection = match idle {
                Some(PooledConnection::Hyper(connection)) => Some(connection),
                _ => None,
            };
            let exchange = hyper::exchange(template, &mut connection, request, cancelled);
            // Boxed, because it would add to the size of every task, of those without hyper too.
            let response = Box::pin(exchange).await;
            *pooled = connection.map(PooledConnection::Hyper);
            response
        }
    }
}
