//! An open connection, for either driver.

use flagpole_protocol::http1::{ResponseDecoder, ResponseLimits};
use rustix::buffer::spare_capacity;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv};
use socket2::SockRef;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// A connection and the state of its responses.
///
/// A server keeps on sending to a peer that has sent a FIN, which may mean that the peer has no further requests. Only a
/// reset says that the peer no longer waits for the response. So a close is a reset while a response is outstanding,
/// otherwise a FIN.
#[derive(Debug)]
pub(crate) struct Connection<S: AsFd> {
    pub(super) socket: S,
    /// The index of the endpoint that it leads to.
    pub(in crate::transport) endpoint: usize,
    pub(super) decoder: ResponseDecoder,
    /// Bytes of an incomplete head or chunk line; mostly empty.
    pub(super) pending: Vec<u8>,
    /// When the connection was opened, from the start of the run.
    pub(super) opened: Duration,
    /// When the last bytes were received; at first, when the connection was opened.
    pub(super) idle_since: Duration,
    /// Whether bytes of a request were sent whose response is neither complete nor ended by the server.
    pub(super) is_outstanding: bool,
    /// Whether a part of a request was not sent, so that no other request can follow.
    pub(super) is_exhausted: bool,
}

impl<S: AsFd> Connection<S> {
    /// Zero linger makes every close a reset (socket(7), `SO_LINGER`), also when the process exits or is killed.
    pub(super) fn new(
        socket: S,
        endpoint: usize,
        limits: ResponseLimits,
        opened: Duration,
    ) -> Connection<S> {
        // Fails only if the connection has broken.
        let _ = SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        Connection {
            socket,
            endpoint,
            decoder: ResponseDecoder::new(limits),
            pending: Vec::new(),
            opened,
            idle_since: opened,
            is_outstanding: false,
            is_exhausted: false,
        }
    }

    /// Whether another request can be sent after a complete response. Bytes after the response belong to no request.
    pub(super) fn is_reusable(&self) -> bool {
        !self.is_exhausted && self.decoder.keeps_alive() && self.pending.is_empty()
    }
}

impl<S: AsFd> Drop for Connection<S> {
    /// Restores the close by a FIN unless a response is outstanding.
    fn drop(&mut self) {
        if !self.is_outstanding {
            let _ = SockRef::from(&self.socket).set_linger(None);
        }
    }
}

/// Asks the kernel whether an idle connection can be used: a read finds nothing, neither the end of the stream nor an
/// error nor bytes that belong to no request. To be called immediately before a request is sent: a server may close an
/// idle connection at any time (RFC 9112 section 9.5).
pub(super) fn is_quiet(socket: impl AsFd) -> bool {
    let found = recv(socket, &mut [0; 1], RecvFlags::DONTWAIT);
    found.is_err_and(|error| error == Errno::WOULDBLOCK)
}

/// Receives into the spare capacity of `buffer`; 0 bytes are the end of the stream.
pub(super) fn receive(
    socket: impl AsFd,
    buffer: &mut Vec<u8>,
    flags: RecvFlags,
) -> io::Result<usize> {
    let (bytes, _) = recv(socket, spare_capacity(buffer), flags)?;
    Ok(bytes)
}

/// Sends without waiting; returns how many bytes.
pub(super) fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    Ok(rustix::net::send(socket, bytes, flags)?)
}

/// Whether the call may succeed when it is repeated.
pub(super) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
