//! `--records`: one JSON line per attempt, written by a separate thread while the run goes on.
//!
//! Each loop collects its lines in blocks. Memory is bounded: at most [`QUEUE`] blocks wait for the disk. If the disk is
//! slower than the run, a loop waits until its block is taken, so no record is lost; the time that the loops waited is
//! measured, because their requests started late meanwhile.

use crate::experiment::output_target::OutputStream;
use crate::output;
use anyhow::Result;
use flagpole_protocol::AttemptRecord;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The length from which a loop hands its lines over, in bytes.
const BLOCK: usize = 64 << 10;

/// The number of blocks that wait for the disk.
const QUEUE: usize = 64;

/// A file of records that is written.
pub(crate) struct RecordStream {
    queue: SyncSender<Vec<u8>>,
    shared: Arc<WriterState>,
    thread: JoinHandle<Result<()>>,
}

#[derive(Default)]
struct WriterState {
    /// How long the loops waited for the disk, in nanoseconds.
    waited: AtomicU64,
    /// Whether nothing more is written, because of an error.
    has_failed: AtomicBool,
}

/// The part of one loop. What it has collected is handed over when it is dropped.
pub(crate) struct LoopRecords {
    lines: Vec<u8>,
    queue: SyncSender<Vec<u8>>,
    shared: Arc<WriterState>,
}

impl RecordStream {
    pub(crate) fn start(stream: OutputStream) -> std::io::Result<RecordStream> {
        let (queue, blocks) = mpsc::sync_channel(QUEUE);
        let shared = Arc::new(WriterState::default());
        let state = shared.clone();
        let thread = thread::Builder::new().name("records".to_owned());
        let thread = thread.spawn(move || write_all(&blocks, stream, &state))?;
        Ok(RecordStream {
            queue,
            shared,
            thread,
        })
    }

    /// The part of a loop.
    pub(crate) fn of_loop(&self) -> LoopRecords {
        LoopRecords {
            lines: Vec::new(),
            queue: self.queue.clone(),
            shared: self.shared.clone(),
        }
    }

    /// Waits until everything is written, after the loops have ended; the first error, if there was one. Notes if the run
    /// had to wait for the disk.
    pub(crate) fn finish(self) -> Result<()> {
        drop(self.queue);
        let waited = Duration::from_nanos(self.shared.waited.load(Ordering::Relaxed));
        if !waited.is_zero() {
            let seconds = waited.as_secs_f64();
            output::note(&format!(
                "flagpole: the run waited {seconds:.3} s for the file of --records; write to a faster disk"
            ));
        }
        self.thread
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("--records: the writer thread panicked")))
    }
}

/// Writes blocks until all loops have ended.
fn write_all(
    blocks: &Receiver<Vec<u8>>,
    mut stream: OutputStream,
    shared: &WriterState,
) -> Result<()> {
    for block in blocks {
        stream.write(|out| out.write_all(&block));
        if stream.has_failed() {
            shared.has_failed.store(true, Ordering::Relaxed);
            // The loops no longer wait, because the queue is closed.
            break;
        }
    }
    stream.finish()
}

impl LoopRecords {
    /// Adds a record; after an error of the file nothing happens.
    pub(crate) fn write(&mut self, record: &AttemptRecord) {
        if self.shared.has_failed.load(Ordering::Relaxed) {
            return;
        }
        serde_json::to_writer(&mut self.lines, record).expect("a record is written to memory");
        self.lines.push(b'\n');
        if self.lines.len() >= BLOCK {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let block = std::mem::replace(&mut self.lines, Vec::with_capacity(BLOCK + BLOCK / 8));
        // Sending fails if the writer has ended with an error, which `finish` returns.
        if let Err(TrySendError::Full(block)) = self.queue.try_send(block) {
            let start = Instant::now();
            let _ = self.queue.send(block);
            let waited = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.shared.waited.fetch_add(waited, Ordering::Relaxed);
        }
    }
}

impl Drop for LoopRecords {
    fn drop(&mut self) {
        if !self.lines.is_empty() {
            self.hand_over();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::output_target::OutputTarget;
    use crate::process::test_record::record;
    use flagpole_protocol::Outcome;
    use std::fs;
    use std::path::Path;

    fn start(path: &Path) -> RecordStream {
        let target = OutputTarget::open("--records", path).unwrap();
        RecordStream::start(target.into_stream().unwrap()).unwrap()
    }

    #[test]
    fn records_of_all_loops_are_complete_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.jsonl");
        let records = start(&path);
        thread::scope(|scope| {
            for _ in 0..3 {
                let mut part = records.of_loop();
                scope.spawn(move || {
                    (0..1000).for_each(|_| part.write(&record(Outcome::Ok, Some(200))));
                });
            }
        });
        records.finish().unwrap();
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
        let outcomes: Vec<_> = lines.map(|line| line.unwrap()["outcome"].clone()).collect();
        assert_eq!(outcomes.len(), 3000);
        assert!(
            outcomes.iter().all(|outcome| outcome == "ok"),
            "{outcomes:?}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn full_disk_stops_no_loop_and_is_reported() {
        let records = start(Path::new("/dev/full"));
        let mut part = records.of_loop();
        // More than the queue holds.
        for _ in 0..20 * QUEUE * BLOCK / 400 {
            part.write(&record(Outcome::Ok, Some(200)));
        }
        drop(part);
        let error = records.finish().unwrap_err().to_string();
        assert!(
            error.starts_with("--records: `/dev/full` is incomplete: "),
            "{error}"
        );
    }
}
