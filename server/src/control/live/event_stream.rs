//! The stream of events to one reader.

use super::asset;
use super::event;
use super::feed::FeedReader;
use crate::control::line_body::LineBody;
use crate::control::slot::LongCall;
use crate::control::stopping::Stopping;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time;

/// How long a reader may take for the last event when the listener stops.
const LAST_EVENT_TIMEOUT: Duration = Duration::from_millis(100);

/// A response that goes on until the reader leaves or the listener stops.
pub(super) fn respond(reader: FeedReader, stopping: Stopping, call: LongCall) -> Response {
    let body = Body::new(stream(reader, stopping, call));
    asset::respond("text/event-stream", body)
}

fn stream(mut reader: FeedReader, stopping: Stopping, call: LongCall) -> LineBody {
    let (sender, body) = LineBody::new(call);
    tokio::spawn(async move {
        tokio::select! {
            () = send_events(&mut reader, &sender) => return,
            () = sender.closed() => return,
            () = stopping.wait() => {}
        }
        let last = sender.send(event::event("stop", "{}"));
        let _ = time::timeout(LAST_EVENT_TIMEOUT, last).await;
    });
    body
}

/// Sends events as they come. While the reader does not read, newer events replace those that wait.
async fn send_events(reader: &mut FeedReader, sender: &Sender<Bytes>) {
    loop {
        for piece in reader.read() {
            if sender.send(piece).await.is_err() {
                return;
            }
        }
        reader.changed().await;
    }
}
