//! The connection to a master: a ZeroMQ DEALER socket with one peer. It is not repaired: a lost one is replaced.

use super::address::MasterAddress;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time;
use tokio_util::sync::CancellationToken;
use zeromq::{
    DealerSocket, Socket as _, SocketEvent, SocketOptions, SocketRecv as _, SocketSend as _,
    ZmqError, ZmqMessage,
};

/// How long what was sent may take to leave this process. The library sends in the background, and drops what is left
/// when the socket is closed.
const LINGER: Duration = Duration::from_millis(100);

pub(crate) struct MasterConnection {
    socket: DealerSocket,
    /// Cancelled when the peer is gone.
    peer: CancellationToken,
}

/// Why there is no connection. `is_final`: the port is not that of a master, so that another attempt is useless.
#[derive(Debug)]
pub(crate) struct ConnectFailure {
    pub(crate) cause: String,
    pub(crate) is_final: bool,
}

impl MasterConnection {
    /// Makes one attempt.
    pub(crate) async fn open(
        master: MasterAddress,
        identity: String,
        limit: Duration,
    ) -> Result<MasterConnection, ConnectFailure> {
        check_port(&master, limit).await?;
        let mut options = SocketOptions::default();
        let identity = identity.parse().map_err(|error| failure(&error))?;
        options.peer_identity(identity).connect_timeout(limit);
        let mut socket = DealerSocket::with_options(options);
        let peer = watch_peer(&mut socket);
        match socket.connect(&format!("tcp://{master}")).await {
            Ok(()) => Ok(MasterConnection { socket, peer }),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Queues a message. An error is a lost connection.
    pub(crate) async fn send(&mut self, frame: Vec<u8>) -> Result<(), String> {
        let sent = self.socket.send(ZmqMessage::from(frame)).await;
        sent.map_err(|error| lost(&error))
    }

    /// Waits for a message: its last frame. An error is a lost connection. No message is lost if the wait is cancelled.
    pub(crate) async fn receive(&mut self) -> Result<Vec<u8>, String> {
        tokio::select! {
            // What came before the end is read first.
            biased;
            message = self.socket.recv() => {
                let frames = message.map_err(|error| lost(&error))?.into_vec();
                Ok(frames.last().map(|frame| frame.to_vec()).unwrap_or_default())
            }
            () = self.peer.cancelled() => Err(CLOSED.to_owned()),
        }
    }

    /// Closes the connection when what was sent has left. Reads until then: a socket that is closed with unread data
    /// resets its connection, and the peer could lose what it has not read.
    pub(crate) async fn close(mut self) {
        let drain = async { while self.receive().await.is_ok() {} };
        let _ = time::timeout(LINGER, drain).await;
    }
}

/// A token that is cancelled when the peer of the socket disconnects: reading only waits then.
fn watch_peer(socket: &mut DealerSocket) -> CancellationToken {
    let peer = CancellationToken::new();
    let (token, mut monitor) = (peer.clone(), socket.monitor());
    tokio::spawn(async move {
        while let Ok(event) = monitor.recv().await {
            if let SocketEvent::Disconnected(_) = event {
                break;
            }
        }
        token.cancel();
    });
    peer
}

const CLOSED: &str = "the connection was closed";

fn lost(error: &ZmqError) -> String {
    match error {
        ZmqError::ReturnToSender { .. } | ZmqError::BufferFull(_) | ZmqError::NoMessage => {
            CLOSED.to_owned()
        }
        ZmqError::Network(error) => cause(error),
        other => format!("it does not speak ZeroMQ any more ({other})"),
    }
}

fn failure(error: &ZmqError) -> ConnectFailure {
    let (cause, is_final) = match error {
        ZmqError::Network(error) => (cause(error), false),
        ZmqError::ConnectTimeout(_) => {
            let cause = "the port is open, but does not answer as ZeroMQ";
            (cause.to_owned(), false)
        }
        // So does a proxy whose backend is not there yet.
        ZmqError::Other("Failed Greeting exchange" | "No reply from server") => {
            ("the connection was closed at once".to_owned(), false)
        }
        ZmqError::Other("Provided sockets combination is not compatible") => {
            let cause = "the port is a ZeroMQ socket of another kind; expected the one for workers";
            (format!("{cause} (5557 by default)"), true)
        }
        ZmqError::Codec(_) | ZmqError::UnsupportedVersion(_) => {
            let cause = "the port does not speak ZeroMQ; expected the one for workers";
            (
                format!("{cause} (5557 by default), not that of the web page"),
                true,
            )
        }
        other => (other.to_string(), false),
    };
    ConnectFailure { cause, is_final }
}

/// What the system says, without the number of the error.
fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

/// Whether the port is open, and if not why: the library only says that it took too long.
async fn check_port(master: &MasterAddress, limit: Duration) -> Result<(), ConnectFailure> {
    let host = master.host.trim_matches(['[', ']']);
    let connected = time::timeout(limit, TcpStream::connect((host, master.port))).await;
    let cause = match connected {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => cause(&error),
        Err(_) => "no answer".to_owned(),
    };
    let is_final = false;
    Err(ConnectFailure { cause, is_final })
}
