//! What the two programs with a semaphore share, as the article's import its module `flags`: one
//! download, bare, over a connection of its own, without the bookkeeping of a measured run.

use bytes::Bytes;
use flagpole_client::{Endpoint, Outcome};
use flagpole_fixtures::Resource;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The body of a 200; every other way it may end is an error, 404 too.
pub(crate) async fn http_get(endpoint: &Endpoint, resource: Resource) -> Result<Bytes, Outcome> {
    let lost = |error: hyper::Error| Outcome::Lost(error.to_string());
    let stream = TcpStream::connect(endpoint.addresses())
        .await
        .map_err(|error| Outcome::ConnectFailed(error.to_string()))?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // It ends by itself when the answer has been read; what goes wrong on it reaches the sender.
    tokio::spawn(connection);
    let url: Uri = format!("{}{resource}", endpoint.target())
        .parse()
        .expect("the target was a URL, the rest is letters");
    let request = Request::get(url.path())
        .header(
            HOST,
            url.authority().map_or("", |authority| authority.as_str()),
        )
        .body(Empty::<Bytes>::new())
        .expect("its parts come from a URL");
    let answer = sender.send_request(request).await.map_err(lost)?;
    let outcome = Outcome::of_status(answer.status().as_u16());
    let body = answer.into_body().collect().await.map_err(lost)?.to_bytes();
    match outcome {
        Outcome::Ok => Ok(body),
        other => Err(other),
    }
}
