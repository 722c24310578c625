//! Connects to Unix sockets. There is one address, and the system decides at once.

use crate::transport::cancel_handle::CancelHandle;
use crate::transport::errors::connect_failed;
use flagpole_protocol::{Outcome, TimeoutKind};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The pause before connecting again to a socket whose queue of connections is full.
const QUEUE_PAUSE: Duration = Duration::from_millis(2);

/// An attempt to connect to a Unix socket.
pub(super) struct UnixConnect<'a> {
    path: &'a Path,
    began: Instant,
    limit: Option<Duration>,
}

impl<'a> UnixConnect<'a> {
    /// Begins now, and has the time `limit`.
    pub(super) fn new(path: &'a Path, limit: Option<Duration>) -> UnixConnect<'a> {
        UnixConnect {
            path,
            began: Instant::now(),
            limit,
        }
    }

    /// A connected socket that does not block; `None` if the queue of the server is full. A socket that blocks would wait for
    /// room in it (connect(2), `EAGAIN`), as a client of a TCP port does.
    fn advance(&self) -> Result<Option<TcpStream>, Outcome> {
        match connect_now(self.path) {
            Ok(socket) => Ok(Some(socket)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => match self.limit {
                Some(limit) if self.began.elapsed() >= limit => {
                    Err(Outcome::Timeout(TimeoutKind::Connect, limit))
                }
                _ => Ok(None),
            },
            Err(error) => Err(connect_failed(&error)),
        }
    }

    /// Connects on tokio's event loop.
    pub(super) async fn connect_async(self) -> Result<tokio::net::TcpStream, Outcome> {
        loop {
            if let Some(socket) = self.advance()? {
                return tokio::net::TcpStream::from_std(socket).map_err(|e| connect_failed(&e));
            }
            tokio::time::sleep(QUEUE_PAUSE).await;
        }
    }

    /// Connects on the calling thread; the socket blocks. At the `deadline`, fails as
    /// [`connect_blocking`](super::connect_blocking) does.
    pub(super) fn connect_blocking(
        self,
        deadline: Option<Instant>,
        cancel: &CancelHandle,
    ) -> Result<TcpStream, Outcome> {
        loop {
            if let Some(socket) = self.advance()? {
                let blocking = socket.set_nonblocking(false).map(|()| socket);
                return blocking.map_err(|error| connect_failed(&error));
            }
            if cancel.is_cancelled() {
                return Err(Outcome::Cancelled);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(Outcome::Timeout(TimeoutKind::Total, Duration::ZERO));
            }
            thread::sleep(QUEUE_PAUSE);
        }
    }
}

/// The standard library and tokio call a stream socket `TcpStream` whatever its address family; what the drivers use of it is
/// the same for all: send, receive, wait, shut down, linger and the pending error. `TCP_NODELAY` and the congestion control,
/// which are TCP's, are not set.
fn connect_now(path: &Path) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket.into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use tempfile::TempDir;

    const LONG: Duration = Duration::from_secs(30);

    /// The outcomes of connecting in each way.
    fn connect(path: &Path, limit: Option<Duration>) -> [Result<(), Outcome>; 2] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let new = || UnixConnect::new(path, limit);
        let deadline = Instant::now() + LONG;
        [
            new()
                .connect_blocking(Some(deadline), &CancelHandle::default())
                .map(drop),
            runtime.block_on(new().connect_async()).map(drop),
        ]
    }

    /// The path of a socket in a new temporary folder.
    fn socket_path() -> (TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        (folder, path)
    }

    /// Listens with room for one connection in its queue.
    fn listen(path: &Path) -> Socket {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.bind(&SockAddr::unix(path).unwrap()).unwrap();
        socket.listen(0).unwrap();
        socket
    }

    #[test]
    fn failures_say_whether_a_socket_exists() {
        let (_folder, path) = socket_path();
        for outcome in connect(&path, None) {
            assert!(
                matches!(outcome, Err(Outcome::ConnectFailed { .. })),
                "{outcome:?}"
            );
        }
        drop(UnixListener::bind(&path).unwrap());
        let refused = || Err(Outcome::ConnectionRefused);
        assert_eq!(connect(&path, None), [refused(), refused()]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn full_queue_is_waited_for_until_the_limit() {
        let (_folder, path) = socket_path();
        let listener = listen(&path);
        let _filler = connect_now(&path).unwrap();
        let limit = Duration::from_millis(20);
        let late = || Err(Outcome::Timeout(TimeoutKind::Connect, limit));
        assert_eq!(connect(&path, Some(limit)), [late(), late()]);
        thread::spawn(move || while listener.accept().is_ok() {});
        assert_eq!(connect(&path, Some(LONG)), [Ok(()), Ok(())]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn cancellation_and_deadline_end_the_wait_for_a_full_queue() {
        use std::sync::Arc;
        use std::task::Wake as _;
        let (_folder, path) = socket_path();
        let _listener = listen(&path);
        let _filler = connect_now(&path).unwrap();
        let connect = |deadline, cancel: &CancelHandle| {
            let connected = UnixConnect::new(&path, None).connect_blocking(deadline, cancel);
            connected.map(drop)
        };
        let handle = Arc::new(CancelHandle::default());
        let late = Err(Outcome::Timeout(TimeoutKind::Total, Duration::ZERO));
        assert_eq!(connect(Some(Instant::now()), &handle), late);
        handle.clone().wake();
        assert_eq!(connect(None, &handle), Err(Outcome::Cancelled));
    }
}
