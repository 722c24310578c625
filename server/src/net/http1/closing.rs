//! How a connection ends, once nothing more is served on it.

use crate::net::shared_state::WorkerContext;
use crate::net::tcp_socket::SocketHandle;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

/// How long the end of a connection waits for the peer: a reset until the peer's system has what was written before, a FIN
/// until the peer has closed its side or sends something.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a peer may go on sending after the FIN.
const LINGER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the server waits for a silent peer when it stops.
const CLOSE_TIMEOUT_AT_STOP: Duration = Duration::from_millis(50);

/// Interval between checks whether the peer's system has everything.
const DELIVERY_CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// How a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// A FIN. What the peer still sends is read and discarded, because closing a socket with unread input sends a reset, which
    /// would destroy what the peer has not read.
    Fin,
    /// A reset, once the peer's system has what was written before.
    Reset,
    /// A reset at once.
    Abort,
    /// A last response, as bytes on the wire, and a FIN.
    Refuse(Vec<u8>),
    /// At once: the peer is gone, or has closed its side and has everything.
    Done,
}

/// Ends a connection.
pub(super) async fn close<S>(
    mut stream: S,
    socket: &SocketHandle,
    worker: &WorkerContext,
    how: Close,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = Instant::now() + CLOSE_TIMEOUT;
    let is_reset = matches!(how, Close::Reset | Close::Abort);
    let lingers = matches!(how, Close::Fin | Close::Refuse(_));
    let ending = async {
        match how {
            Close::Fin => stream.shutdown().await,
            Close::Refuse(bytes) => {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
            Close::Reset => {
                while socket.bytes_on_the_way()? > 0 {
                    let next_check = Instant::now() + DELIVERY_CHECK_INTERVAL;
                    worker.timer.sleep_until(next_check).await;
                }
                Ok::<_, io::Error>(())
            }
            Close::Abort | Close::Done => Ok(()),
        }
    };
    let is_announced = tokio::select! {
        // An error means that the peer is gone, and the connection with it.
        result = ending => result.is_ok(),
        () = worker.timer.sleep_until(deadline) => false,
    };
    if lingers && is_announced {
        // An error, again.
        let _ = linger(&mut stream, worker).await;
    }
    if is_reset {
        socket.reset_on_close();
    }
}

/// Discards what the peer still sends, until it closes its side or is silent.
async fn linger<S: AsyncRead + Unpin>(stream: &mut S, worker: &WorkerContext) -> io::Result<()> {
    let end = Instant::now() + LINGER_TIMEOUT;
    loop {
        let silence = if worker.draining.get() {
            CLOSE_TIMEOUT_AT_STOP
        } else {
            CLOSE_TIMEOUT
        };
        let deadline = end.min(Instant::now() + silence);
        tokio::select! {
            length = discard(stream) => if length? == 0 { return Ok(()) },
            () = worker.timer.sleep_until(deadline) => return Ok(()),
        }
    }
}

/// Reads and discards some bytes; returns their number. The buffer is on the stack, not in the memory of each connection.
async fn discard<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<usize> {
    poll_fn(|context| {
        let mut bytes = [0; 8 << 10];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
}
