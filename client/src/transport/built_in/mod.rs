//! HTTP/1.1 over our own codec.
//!
//! [`exchange`] is the same for every strategy; a `driver` does what the system does: `thread_driver` blocks its thread,
//! [`TaskDriver`] yields to other tasks. `receiver` turns bytes into a response.

mod blocking_client;
mod connection;
mod driver;
mod exchange;
mod received_body;
mod receiver;
mod task_driver;
mod thread_driver;

pub(crate) use blocking_client::BlockingClient;
pub(crate) use exchange::exchange;
pub(crate) use task_driver::TaskDriver;

/// An open connection of a task.
pub(crate) type TaskConnection = Box<connection::Connection<tokio::net::TcpStream>>;
