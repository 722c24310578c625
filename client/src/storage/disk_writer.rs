//! Saving off the event loop: one thread, fed through a bounded queue, every answer awaited.

use crate::storage::download_dir::DownloadDir;
use flagpole_protocol::Outcome;
use std::fmt;
use std::io;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Orders, thus bodies, that may wait for the disk. A full queue holds the lanes back: memory stays
/// bounded when the disk is slower than the network.
const QUEUE: usize = 32;

/// A thread that saves; joined when this is dropped, every order carried out.
#[derive(Debug)]
pub(crate) struct DiskWriter {
    queue: Option<mpsc::Sender<WriteJob>>,
    thread: Option<JoinHandle<()>>,
}

/// Something to do with the destination, its answer sent by itself.
struct WriteJob(Box<dyn FnOnce(&DownloadDir) + Send>);

/// An order that is in the queue.
#[derive(Debug)]
pub(crate) struct WriteHandle<T>(Option<oneshot::Receiver<Result<T, Outcome>>>);

impl DiskWriter {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(crate) fn start(destination: DownloadDir) -> io::Result<DiskWriter> {
        let (queue, mut orders) = mpsc::channel::<WriteJob>(QUEUE);
        let thread = thread::Builder::new().name("saver".into()).spawn(move || {
            while let Some(WriteJob(run)) = orders.blocking_recv() {
                run(&destination);
            }
        })?;
        Ok(DiskWriter {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Puts anything in the queue that is done with a destination (a body to stage, a staged one to
    /// keep, the conditions of a request to look up), waiting for room in it.
    pub(crate) async fn submit<T: Send + 'static>(
        &self,
        what: impl FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
    ) -> WriteHandle<T> {
        let (answer, receipt) = oneshot::channel();
        let order = WriteJob(Box::new(move |destination| {
            // Nobody waits for the answer when the run was dropped. A saved file is whole anyway, and
            // a staged one is removed with the answer.
            let _ = answer.send(what(destination));
        }));
        let queued = match &self.queue {
            Some(queue) => queue.send(order).await.is_ok(),
            None => false,
        };
        WriteHandle(queued.then_some(receipt))
    }
}

impl<T> WriteHandle<T> {
    /// Waits until the order is carried out.
    ///
    /// # Errors
    /// [`Outcome::WriteFailed`] if it was not.
    pub(crate) async fn wait(self) -> Result<T, Outcome> {
        let ended = || Outcome::WriteFailed {
            kind: io::ErrorKind::Other,
            message: "the disk writer thread has ended".into(),
        };
        match self.0 {
            Some(answer) => answer.await.unwrap_or_else(|_| Err(ended())),
            None => Err(ended()),
        }
    }
}

impl fmt::Debug for WriteJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteJob")
    }
}

impl Drop for DiskWriter {
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
    use bytes::Bytes;
    use flagpole_protocol::Resource;
    use std::fs;
    use std::path::Path;
    use std::sync::mpsc as blocking;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    async fn submit(saver: &DiskWriter, resource: Resource, body: Bytes) -> WriteHandle<()> {
        let save = move |destination: &DownloadDir| destination.save(resource, &body);
        saver.submit(save).await
    }

    fn start(folder: &Path) -> (DownloadDir, DiskWriter) {
        let destination = DownloadDir::prepare(folder).unwrap();
        (destination.clone(), DiskWriter::start(destination).unwrap())
    }

    #[test]
    fn what_was_submitted_is_there_when_awaited_and_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (destination, saver) = start(folder.path());
        let [br, us] = ["BR", "US"].map(|code| Resource::Flag(code.parse().unwrap()));
        block_on(async {
            let receipt = submit(&saver, br, Bytes::from_static(b"GIF")).await;
            assert_eq!(receipt.wait().await, Ok(()));
            assert_eq!(fs::read(destination.path(br)).unwrap(), b"GIF");
            drop(submit(&saver, us, Bytes::from_static(b"GIF")).await);
        });
        drop(saver);
        assert!(destination.path(us).exists());
    }

    #[test]
    fn a_flag_is_staged_and_kept_and_one_that_nobody_waits_for_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (_, saver) = start(folder.path());
        let br = "BR".parse().unwrap();
        let stage = |to: &DownloadDir| to.stage(b"GIF");
        let kept = block_on(async {
            drop(saver.submit(stage).await);
            let staged = saver.submit(stage).await.wait().await.unwrap();
            let keep = move |to: &DownloadDir| to.rename_staged(staged, "Brazil", br);
            saver.submit(keep).await.wait().await.unwrap()
        });
        drop(saver);
        let entries = fs::read_dir(folder.path()).unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths, [kept]);
    }

    #[test]
    fn a_slow_disk_holds_the_lanes_back() {
        let folder = tempfile::tempdir().unwrap();
        let (_, saver) = start(folder.path());
        let (go_on, wait) = blocking::channel::<()>();
        let (started, has_started) = blocking::channel();
        block_on(async {
            let slow = saver.submit(move |_| {
                started.send(()).unwrap();
                wait.recv().map_err(|_| Outcome::Cancelled)
            });
            let slow = slow.await;
            has_started.recv().unwrap();
            for _ in 0..QUEUE {
                saver.submit(|_| Ok(())).await;
            }
            let one_more = std::pin::pin!(saver.submit(|_| Ok(())));
            let is_held_back = tokio::select! {
                biased;
                _ = one_more => false,
                () = std::future::ready(()) => true,
            };
            assert!(is_held_back);
            go_on.send(()).unwrap();
            assert_eq!(slow.wait().await, Ok(()));
            assert_eq!(saver.submit(|_| Ok(())).await.wait().await, Ok(()));
        });
    }

    #[test]
    fn a_failure_reaches_the_one_who_waits() {
        let folder = tempfile::tempdir().unwrap();
        let (_, saver) = start(folder.path());
        fs::remove_dir(folder.path()).unwrap();
        let br = Resource::Flag("BR".parse().unwrap());
        let outcome = block_on(async { submit(&saver, br, Bytes::new()).await.wait().await });
        assert!(
            matches!(outcome, Err(Outcome::WriteFailed { .. })),
            "{outcome:?}"
        );
    }
}
