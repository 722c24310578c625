//! Saving off the event loop: one thread, fed through a bounded queue, every answer awaited.

use crate::outcome::Outcome;
use crate::save::Destination;
use bytes::Bytes;
use flagpole_fixtures::Resource;
use std::io;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Bodies that may wait for the disk. A full queue holds the lanes back: memory stays bounded when
/// the disk is slower than the network.
const QUEUE: usize = 32;

/// A thread that saves; joined when this is dropped.
#[derive(Debug)]
pub(crate) struct Saver {
    queue: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Order {
    resource: Resource,
    body: Bytes,
    answer: oneshot::Sender<Result<(), Outcome>>,
}

/// A body that is in the queue.
#[derive(Debug)]
pub(crate) struct Receipt(Option<oneshot::Receiver<Result<(), Outcome>>>);

impl Saver {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(crate) fn start(destination: Destination) -> io::Result<Saver> {
        let (queue, mut orders) = mpsc::channel::<Order>(QUEUE);
        let thread = thread::Builder::new().name("saver".into()).spawn(move || {
            while let Some(Order {
                resource,
                body,
                answer,
            }) = orders.blocking_recv()
            {
                // Nobody waits for the answer when the run was dropped; the file is whole anyway.
                let _ = answer.send(destination.save(resource, &body));
            }
        })?;
        Ok(Saver {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Puts a body in the queue, waiting for room in it.
    pub(crate) async fn submit(&self, resource: Resource, body: Bytes) -> Receipt {
        let (answer, receipt) = oneshot::channel();
        let order = Order {
            resource,
            body,
            answer,
        };
        let queued = match &self.queue {
            Some(queue) => queue.send(order).await.is_ok(),
            None => false,
        };
        Receipt(queued.then_some(receipt))
    }
}

impl Receipt {
    /// Waits until the body is saved.
    ///
    /// # Errors
    /// [`Outcome::Save`] if it was not.
    pub(crate) async fn saved(self) -> Result<(), Outcome> {
        let ended = || Outcome::Save("the thread that saves has ended".into());
        match self.0 {
            Some(answer) => answer.await.unwrap_or_else(|_| Err(ended())),
            None => Err(ended()),
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        // The thread ends when the queue is closed and empty.
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and every order it left open was answered as failed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn what_was_submitted_is_there_when_awaited_and_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::prepare(folder.path()).unwrap();
        let saver = Saver::start(destination.clone()).unwrap();
        let [br, us] = ["BR", "US"].map(|code| Resource::Flag(code.parse().unwrap()));
        block_on(async {
            let receipt = saver.submit(br, Bytes::from_static(b"GIF")).await;
            assert_eq!(receipt.saved().await, Ok(()));
            assert_eq!(fs::read(destination.path(br)).unwrap(), b"GIF");
            drop(saver.submit(us, Bytes::from_static(b"GIF")).await);
        });
        drop(saver);
        assert!(destination.path(us).exists());
    }

    #[test]
    fn a_failure_reaches_the_one_who_waits() {
        let folder = tempfile::tempdir().unwrap();
        let saver = Saver::start(Destination::prepare(folder.path()).unwrap()).unwrap();
        fs::remove_dir(folder.path()).unwrap();
        let br = Resource::Flag("BR".parse().unwrap());
        let outcome = block_on(async { saver.submit(br, Bytes::new()).await.saved().await });
        assert!(matches!(outcome, Err(Outcome::Save(_))), "{outcome:?}");
    }
}
