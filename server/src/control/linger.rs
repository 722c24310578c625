//! The end of a connection whose peer may still be sending: a close with unread input would be a reset, which can destroy
//! the response that the peer has not read.

use std::future;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time;

/// The time in which the peer can read the response and close.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum number of bytes that are read and discarded. After these the peer must notice the response by itself.
const MAX_DISCARDED: usize = 8 << 20;

/// Ends the sending side, then reads and discards for a short time what the peer sends.
pub(super) async fn close(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let discard = async {
        let (mut buffer, mut discarded) = (vec![0; 16 << 10], 0);
        while discarded < MAX_DISCARDED {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(length) => discarded += length,
            }
        }
        // The end of the time limit follows.
        future::pending::<()>().await;
    };
    let _ = time::timeout(TIMEOUT, discard).await;
}
