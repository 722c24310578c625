//! What an exchange asks of the system. The two drivers differ only in how they wait: a thread blocks, a task yields to
//! other tasks.

use crate::transport::connect::ServerAddress;
use bytes::{Bytes, BytesMut};
use flagpole_protocol::Outcome;
use rustix::fd::AsFd;
use std::io;
use std::ops::Range;
use std::time::Duration;

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Bytes, the end of the stream, or an error.
    Read,
    /// The same, or room to send.
    ReadOrWrite,
}

/// Bytes from a socket.
pub(crate) trait ReceiveBuffer {
    /// What was received.
    fn bytes(&self) -> &[u8];

    /// A body that is a part of what was received; the rest is dropped.
    fn take_body(&mut self, range: Range<usize>) -> Bytes;
}

/// Copies the body, so that the memory is used again.
impl ReceiveBuffer for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn take_body(&mut self, range: Range<usize>) -> Bytes {
        Bytes::copy_from_slice(&self[range])
    }
}

/// Shares the memory with the body.
impl ReceiveBuffer for BytesMut {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn take_body(&mut self, range: Range<usize>) -> Bytes {
        self.split().freeze().slice(range)
    }
}

/// The connections and the waits of one thread or task. A driver that blocks returns ready futures.
pub(crate) trait Driver: Send {
    /// A connected socket.
    type Socket: AsFd + Send + Sync;
    /// The memory for what is received.
    type Buffer: ReceiveBuffer;

    /// Opens a connection, to each address within `timeout`, to all within `left`.
    fn connect(
        &mut self,
        address: &ServerAddress,
        timeout: Option<Duration>,
        left: Option<Duration>,
    ) -> impl Future<Output = Result<Self::Socket, Outcome>> + Send;

    /// Whether a read without waiting finds nothing on an idle connection.
    fn is_quiet(&mut self, socket: &Self::Socket) -> bool;

    /// Sends bytes without waiting; returns how many.
    fn send(&mut self, socket: &Self::Socket, bytes: &[u8]) -> io::Result<usize>;

    /// Waits for the socket, at most for `left`. May return early.
    ///
    /// # Errors
    /// [`Outcome::Cancelled`], if the driver notices that itself.
    fn wait(
        &mut self,
        socket: &Self::Socket,
        interest: Interest,
        left: Option<Duration>,
    ) -> impl Future<Output = Result<(), Outcome>> + Send;

    /// Receives into the spare capacity of `buffer`, after [`wait`](Driver::wait).
    fn receive(&mut self, socket: &Self::Socket, buffer: &mut Self::Buffer) -> io::Result<usize>;

    /// An empty buffer with capacity for what is received at once; to be put back before the next wait.
    fn take_buffer(&mut self) -> Self::Buffer;

    /// Puts the buffer back.
    fn put_buffer(&mut self, buffer: Self::Buffer);

    /// The memory for the heads of requests.
    fn request_buffer(&mut self) -> &mut Vec<u8>;
}
