//! Where the records of a load run go.

use flagpole_protocol::AttemptRecord;

/// Takes the records of one event loop, in its thread. The loop waits meanwhile, so a sink must be fast: a slow one shows as
/// lateness.
pub trait RecordSink: Send {
    /// An attempt has ended, or a request was not sent before the run ended.
    fn record(&mut self, record: &AttemptRecord);

    /// The loop has ended; its thread is about to end.
    fn finish(&mut self) {}
}
