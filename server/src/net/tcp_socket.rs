//! A TCP connection: a stream to read and write, and a handle to watch and control its socket meanwhile, which whatever
//! owns the stream (hyper, TLS) does not permit.

use crate::net::system_calls;
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// How long a silent peer is left alone before its system is asked whether it still knows the connection, and between two
/// such questions. A peer that closed its socket does not answer any more after `tcp_fin_timeout`, 60 s.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// The receive buffer of a connection whose requests are read slowly, in bytes; the system doubles it. With the usual
/// buffer it would take most uploads whole.
const SMALL_RECEIVE_BUFFER: usize = 16 << 10;

/// The stream of a TCP connection.
#[derive(Debug)]
pub(crate) struct TcpSocket {
    reader: OwnedReadHalf,
    handle: Rc<SocketHandle>,
}

/// Watches and controls the socket of a connection. Always `Some`, except while it is dropped.
#[derive(Debug)]
pub(crate) struct SocketHandle(Option<OwnedWriteHalf>);

/// What a peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerEvent {
    /// It has reset the connection, or the connection is known to be dead.
    Reset,
    /// It has closed its sending side.
    Closed,
    /// It has sent bytes.
    Sent,
}

impl TcpSocket {
    pub(crate) fn new(stream: TcpStream) -> (TcpSocket, Rc<SocketHandle>) {
        let (reader, writer) = stream.into_split();
        let handle = Rc::new(SocketHandle(Some(writer)));
        let socket = TcpSocket {
            reader,
            handle: handle.clone(),
        };
        (socket, handle)
    }
}

impl SocketHandle {
    fn writer(&self) -> &OwnedWriteHalf {
        self.0.as_ref().expect("only `drop` takes it")
    }

    fn stream(&self) -> &TcpStream {
        self.writer().as_ref()
    }

    /// Waits until the peer has reset the connection, or the connection is known to be dead. A FIN is neither: a peer that
    /// has sent all it has to send may still read.
    pub(crate) async fn wait_reset(&self) {
        loop {
            match self.writer().ready(Interest::ERROR).await {
                Ok(ready) if !ready.is_error() => {}
                _ => return,
            }
        }
    }

    /// Waits until the peer sends something, closes its sending side or resets the connection. What it sends stays to be read.
    pub(crate) async fn wait_event(&self) -> PeerEvent {
        let interest = Interest::ERROR | Interest::READABLE;
        match self.writer().ready(interest).await {
            Ok(ready) if ready.is_error() => PeerEvent::Reset,
            Ok(ready) if ready.is_read_closed() => PeerEvent::Closed,
            Ok(_) => PeerEvent::Sent,
            Err(_) => PeerEvent::Reset,
        }
    }

    /// Waits until the peer has closed its sending side. Bytes that it sends before are neither read nor noticed later, so
    /// only for a connection that is never read again.
    pub(crate) async fn wait_end_of_input(&self) {
        while let Ok(ready) = self.writer().ready(Interest::READABLE).await {
            if ready.is_read_closed() {
                return;
            }
            let ignore = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            // Always `WouldBlock`, which clears the readiness.
            let _ = self.stream().try_io(Interest::READABLE, ignore);
        }
    }

    /// Has the system ask from time to time whether the peer's system still knows the connection, and reset it if not.
    pub(crate) fn probe_peer(&self) {
        let keep_alive = socket2::TcpKeepalive::new()
            .with_time(KEEP_ALIVE_INTERVAL)
            .with_interval(KEEP_ALIVE_INTERVAL);
        // Without the questions a peer that vanished holds the connection until the server stops.
        let _ = SockRef::from(self.stream()).set_tcp_keepalive(&keep_alive);
    }

    /// Makes the system buffer little of what the peer sends.
    pub(crate) fn shrink_receive_buffer(&self) {
        // If refused, an upload is paced only when it is larger than the buffer.
        let _ = SockRef::from(self.stream()).set_recv_buffer_size(SMALL_RECEIVE_BUFFER);
    }

    /// Number of bytes that were written, but that the peer's system does not have yet. On the loopback device a byte
    /// arrives as it is sent; elsewhere an acknowledgement says so, which the peer's system may delay by 40 ms.
    pub(crate) fn bytes_on_the_way(&self) -> io::Result<u64> {
        let stream = self.stream();
        if stream.peer_addr()?.ip().to_canonical().is_loopback() {
            system_calls::unsent_bytes(stream)
        } else {
            system_calls::unacknowledged_bytes(stream)
        }
    }

    /// Makes the next close a reset (RST) that discards what the peer has not received (socket(7), `SO_LINGER`).
    pub(crate) fn reset_on_close(&self) {
        // Fails only if the connection is already gone.
        let _ = self.stream().set_zero_linger();
    }
}

impl Drop for SocketHandle {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take() {
            // Its own drop would send a FIN, even before a reset.
            writer.forget();
        }
    }
}

impl AsyncRead for TcpSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(context, buffer)
    }
}

impl AsyncWrite for TcpSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(self.handle.stream()).shutdown(Shutdown::Write))
    }
}

impl TcpSocket {
    fn poll_write_with(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let stream = self.handle.stream();
        loop {
            ready!(stream.poll_write_ready(context))?;
            match write(stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}
