//! A thread with a bounded queue that writes to disk for event loops, which must not block.

use crate::storage::download_dir::DownloadDir;
use flagpole_protocol::Outcome;
use std::io;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// The maximum number of jobs in the queue. A full queue delays the tasks that submit jobs, so that memory is bounded
/// when the disk is slower than the network.
const QUEUE_CAPACITY: usize = 32;

/// A thread that writes to disk; when dropped, all queued jobs are run and the thread is joined.
#[derive(Debug)]
pub(crate) struct DiskWriter {
    queue: Option<mpsc::Sender<WriteJob>>,
    thread: Option<JoinHandle<()>>,
}

/// A job that sends its own result.
type WriteJob = Box<dyn FnOnce(&DownloadDir) + Send>;

impl DiskWriter {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system refuses the thread.
    pub(crate) fn start(dir: DownloadDir) -> io::Result<DiskWriter> {
        let (queue, mut jobs) = mpsc::channel::<WriteJob>(QUEUE_CAPACITY);
        let thread = thread::Builder::new()
            .name("disk-writer".into())
            .spawn(move || {
                while let Some(run) = jobs.blocking_recv() {
                    run(&dir);
                }
            })?;
        Ok(DiskWriter {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Queues an action on the folder (save or stage a body, rename a staged flag, look up a local copy). Waits while the
    /// queue is full. The returned future waits for the action.
    ///
    /// # Errors
    /// Those of the action; [`Outcome::WriteFailed`] if the thread has ended.
    pub(crate) async fn submit<T, F>(
        &self,
        action: F,
    ) -> impl Future<Output = Result<T, Outcome>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&DownloadDir) -> Result<T, Outcome> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: WriteJob = Box::new(move |dir| {
            // Fails if the run was dropped. A saved file is complete anyway; a staged file is removed when the result is
            // dropped.
            let _ = sender.send(action(dir));
        });
        if let Some(queue) = &self.queue {
            // Fails if the thread has ended. The job is dropped then, which the receiver reports.
            let _ = queue.send(job).await;
        }
        async {
            receiver.await.unwrap_or_else(|_| {
                Err(Outcome::WriteFailed {
                    message: "the disk writer thread has ended".into(),
                })
            })
        }
    }
}

impl Drop for DiskWriter {
    fn drop(&mut self) {
        // The thread ends when the queue is closed and empty.
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed, and its unfinished jobs have failed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use flagpole_protocol::Resource;
    use std::{fs, path::Path, sync::mpsc as blocking};

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    async fn submit(
        writer: &DiskWriter,
        resource: Resource,
        body: Bytes,
    ) -> impl Future<Output = Result<(), Outcome>> {
        let save = move |dir: &DownloadDir| dir.save(resource, &body);
        writer.submit(save).await
    }

    fn start(folder: &Path) -> (DownloadDir, DiskWriter) {
        let dir = DownloadDir::prepare(folder).unwrap();
        (dir.clone(), DiskWriter::start(dir).unwrap())
    }

    #[test]
    fn submitted_bodies_are_saved_when_awaited_or_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, writer) = start(folder.path());
        let [br, us] = ["BR", "US"].map(|code| Resource::Flag(code.parse().unwrap()));
        block_on(async {
            let handle = submit(&writer, br, Bytes::from_static(b"GIF")).await;
            assert_eq!(handle.await, Ok(()));
            assert_eq!(fs::read(dir.path(br)).unwrap(), b"GIF");
            drop(submit(&writer, us, Bytes::from_static(b"GIF")).await);
        });
        drop(writer);
        assert!(dir.path(us).exists());
    }

    #[test]
    fn staged_flag_is_renamed_or_removed_with_its_handle() {
        let folder = tempfile::tempdir().unwrap();
        let (_, writer) = start(folder.path());
        let br = "BR".parse().unwrap();
        let stage = |to: &DownloadDir| to.stage(b"GIF");
        let renamed = block_on(async {
            drop(writer.submit(stage).await);
            let staged = writer.submit(stage).await.await.unwrap();
            let rename = move |to: &DownloadDir| to.rename_staged(staged, "Brazil", br);
            writer.submit(rename).await.await.unwrap()
        });
        drop(writer);
        let entries = fs::read_dir(folder.path()).unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths, [renamed]);
    }

    #[test]
    fn full_queue_delays_submitters() {
        let folder = tempfile::tempdir().unwrap();
        let (_, writer) = start(folder.path());
        let (release, wait) = blocking::channel::<()>();
        let (started, has_started) = blocking::channel();
        block_on(async {
            let slow = writer.submit(move |_| {
                started.send(()).unwrap();
                wait.recv().map_err(|_| Outcome::Cancelled)
            });
            let slow = slow.await;
            has_started.recv().unwrap();
            for _ in 0..QUEUE_CAPACITY {
                drop(writer.submit(|_| Ok(())).await);
            }
            let next = std::pin::pin!(writer.submit(|_| Ok(())));
            let is_delayed = tokio::select! {
                biased;
                _ = next => false,
                () = std::future::ready(()) => true,
            };
            assert!(is_delayed);
            release.send(()).unwrap();
            assert_eq!(slow.await, Ok(()));
            assert_eq!(writer.submit(|_| Ok(())).await.await, Ok(()));
        });
    }

    #[test]
    fn failure_reaches_the_handle() {
        let folder = tempfile::tempdir().unwrap();
        let (_, writer) = start(folder.path());
        fs::remove_dir(folder.path()).unwrap();
        let br = Resource::Flag("BR".parse().unwrap());
        let outcome = block_on(async { submit(&writer, br, Bytes::new()).await.await });
        assert!(
            matches!(outcome, Err(Outcome::WriteFailed { .. })),
            "{outcome:?}"
        );
    }
}
