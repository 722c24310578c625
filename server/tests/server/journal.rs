//! The journal, in memory and as lines of JSON.

use crate::raw_connection::{RawConnection, finish, wait_until};
use flagpole_server::{BlockingServer, Journal, JournalEntry, JournalWriter, Rule};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

const FLAG: &str = "/flags/br/br.gif";

/// Much longer than any test takes.
const GRACE: Duration = Duration::from_secs(60);

/// A journal file in a temporary folder.
struct JournalFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
    writer: JournalWriter,
}

impl JournalFile {
    fn create() -> (Journal, JournalFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (journal, writer) = Journal::new(File::create(&path).unwrap()).unwrap();
        let file = JournalFile {
            _folder: folder,
            path,
            writer,
        };
        (journal, file)
    }

    /// The lines, once all are written.
    fn finish(self) -> Vec<Value> {
        assert_eq!(self.writer.finish(GRACE).unwrap(), 0);
        lines(&self.path)
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Takes the keys out whose values are measured.
fn without_measured(mut line: Value) -> Value {
    let at = line["at_us"].as_f64().unwrap();
    assert!(at > 0.0, "{line}");
    let year_2020 = 1_577_836_800_000_000;
    assert!(line["unix_us"].as_u64().unwrap() > year_2020, "{line}");
    let object = line.as_object_mut().unwrap();
    object.retain(|key, _| {
        !["id", "at_us", "unix_us", "lateness_us", "duration_us"].contains(&key.as_str())
    });
    line
}

#[test]
fn file_has_a_line_for_the_begin_and_one_for_the_end_of_each_request() {
    let (journal, file) = JournalFile::create();
    let mut listener = flagpole_server::config::listener::Listener::default();
    listener.name = Some("X".to_owned());
    listener.latency = "2ms".parse().unwrap();
    let server = BlockingServer::builder()
        .listener(listener)
        .journal(journal)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.request("GET", "//%6Eowhere?a=1&b", "Flagpole-Run: r\r\n");
    drop(raw);
    server.shutdown(GRACE);
    let [begin, end] = <[Value; 2]>::try_from(file.finish()).unwrap();
    assert_eq!(begin["id"], end["id"]);
    assert!(end["lateness_us"].as_f64() >= Some(0.0), "{end}");
    assert!(end["duration_us"].as_f64() >= Some(2000.0), "{end}");
    let mut expected = json!({
        "event": "begin", "listener": "X", "connection": 1, "run": "r", "method": "GET", "resource": "/nowhere",
        "path": "//%6Eowhere", "query": "a=1&b", "n": 1, "rule": "listener", "cause": "delay", "fault": null,
        "planned_us": 2000.0, "ending": "complete", "fields": {}
    });
    assert_eq!(without_measured(begin), expected);
    expected["event"] = json!("end");
    expected["status"] = json!(404);
    expected["bytes"] = end["bytes"].clone();
    expected["end"] = json!("completed");
    expected["peer_closed_us"] = json!(null);
    assert_eq!(without_measured(end), expected);
}

#[test]
fn bytes_are_those_of_the_head_and_the_body() {
    for (method, fault) in [
        ("GET", "503@0%"),
        ("HEAD", "503@0%"),
        ("GET", "503,body=sorry"),
        ("GET", "cut:700"),
    ] {
        let builder = BlockingServer::builder().fault(fault.parse().unwrap());
        let server = builder.start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&format!(
            "{method} {FLAG} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ));
        let mut received = Vec::new();
        raw.0.read_to_end(&mut received).unwrap();
        drop(raw);
        let (_, requests) = finish(server);
        assert_eq!(
            requests[0].1.bytes,
            received.len() as u64,
            "{method} {fault}"
        );
    }
}

/// Also if responses are written one after the other without a pause.
#[test]
fn bytes_are_counted_for_each_response_of_a_connection() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = RawConnection::open(&server);
    let request = format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n");
    raw.send(&request.repeat(3));
    (0..3).for_each(|_| assert_eq!(raw.response(true).status, 200));
    drop(raw);
    let (_, requests) = finish(server);
    let bytes: Vec<_> = requests.iter().map(|(_, outcome)| outcome.bytes).collect();
    assert!(bytes[0] > 1000 && bytes == [bytes[0]; 3], "{bytes:?}");
}

#[test]
fn entry_is_a_begin_until_the_response_is_over() {
    let server = BlockingServer::builder().fault("hang:20".parse().unwrap());
    let server = server.start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.head();
    let entries = server.journal_entries();
    assert!(
        matches!(&entries[..], [JournalEntry::Begin(begin)] if begin.ending == "hangs at byte 20")
    );
    raw.reset();
    wait_until(|| server.journal_entries()[0].outcome().is_some());
    let entries = server.journal_entries();
    assert_eq!((entries.len(), entries[0].status()), (1, Some(200)));
}

#[test]
fn begin_line_is_in_the_file_while_the_response_hangs() {
    let (journal, file) = JournalFile::create();
    let builder = BlockingServer::builder().fault("hang".parse().unwrap());
    let server = builder.journal(journal).start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(|| !lines(&file.path).is_empty());
    let begin = &lines(&file.path)[0];
    assert_eq!(
        (&begin["event"], &begin["ending"]),
        (&json!("begin"), &json!("hangs before the head"))
    );
    server.shutdown(Duration::ZERO);
    assert_eq!(file.finish()[1]["end"], "server stopped");
}

/// The end of each kind, as in the file.
#[test]
fn end_line_names_how_the_response_ended() {
    for (fault, is_reset, end) in [
        ("503", false, "completed"),
        ("cut:100%", false, "completed"),
        ("cut:700", false, "fault"),
        ("reset", false, "fault"),
        ("garbage", false, "completed"),
        ("hang:700", true, "peer left"),
    ] {
        let (journal, file) = JournalFile::create();
        let builder = BlockingServer::builder().fault(fault.parse().unwrap());
        let server = builder.journal(journal).start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&format!(
            "GET {FLAG} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ));
        if is_reset {
            raw.head();
            raw.reset();
        } else {
            // Some of the faults are a reset.
            let _ = raw.0.read_to_end(&mut Vec::new());
        }
        wait_until(|| server.requests_over() == 1);
        server.shutdown(GRACE);
        assert_eq!(file.finish()[1]["end"], end, "{fault}");
    }
}

#[test]
fn peer_that_reads_nothing_is_timed_out() {
    let mut limits = flagpole_server::ConnectionLimits::default();
    limits.write_timeout = Duration::from_millis(10);
    let builder = BlockingServer::builder().fault("chunked:endless".parse().unwrap());
    let server = builder.connection_limits(limits).start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(|| server.requests_over() == 1);
    let (_, requests) = finish(server);
    assert_eq!(requests[0].1.end.label(), "timed out");
}

#[test]
fn ending_counts_the_bytes_of_what_is_sent() {
    let (journal, file) = JournalFile::create();
    let cut = Rule::default().fault("cut:50%".parse().unwrap());
    let server = BlockingServer::builder().rule(cut).journal(journal);
    let server = server.start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!(
        "GET {FLAG} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-99\r\n\r\n"
    ));
    raw.0.read_to_end(&mut Vec::new()).unwrap();
    server.shutdown(GRACE);
    let end = &file.finish()[1];
    assert_eq!(
        (&end["rule"], &end["ending"]),
        (&json!("rule[0]"), &json!("cut at byte 50"))
    );
}

#[test]
fn chosen_fields_are_in_the_entry_whatever_their_case() {
    let names = ["user-agent", "x-a", "x-absent"].map(|name| name.parse().unwrap());
    let server = BlockingServer::builder()
        .journal_fields(names)
        .start()
        .unwrap();
    let long = "x".repeat(300);
    let mut raw = RawConnection::open(&server);
    raw.request(
        "GET",
        FLAG,
        &format!("USER-AGENT: {long}\r\nX-A: 1\r\nx-b: 2\r\nx-A: \u{e9}\r\n"),
    );
    drop(raw);
    let (_, requests) = finish(server);
    let fields: Vec<_> = requests[0]
        .0
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), &**value))
        .collect();
    let cut = format!("{}\u{2026}", "x".repeat(256));
    assert_eq!(fields, [("user-agent", &*cut), ("x-a", "1, \u{e9}")]);
}

#[test]
fn request_that_began_before_a_reset_is_not_counted_after_it() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(|| server.ledger().requests == 1);
    assert_eq!(server.reset().in_progress(), 1);
    raw.reset();
    wait_until(|| server.ledger().connection_errors == 1);
    let ledger = server.ledger();
    assert_eq!(
        (ledger.requests, ledger.aborted, ledger.in_progress()),
        (0, 0, 0)
    );
    assert_eq!(
        (server.journal_entries().len(), server.requests_over()),
        (0, 0)
    );
}

#[test]
fn request_whose_entry_made_room_is_counted_when_it_ends() {
    let server = BlockingServer::builder().journal_capacity(1);
    let server = server.workers(1.try_into().unwrap()).start().unwrap();
    let mut first = RawConnection::open(&server);
    first.send(&format!(
        "GET {FLAG} HTTP/1.1\r\nHost: x\r\nFlagpole-Latency: 1h\r\n\r\n"
    ));
    wait_until(|| server.ledger().requests == 1);
    assert_eq!(RawConnection::open(&server).get("/x").status, 404);
    first.reset();
    wait_until(|| server.requests_over() == 2);
    let control = server.control();
    let (ledger, requests) = finish(server);
    assert_eq!((ledger.completed, ledger.aborted), (1, 1));
    assert_eq!((requests.len(), control.journal_entries_dropped()), (1, 1));
    assert_eq!(requests[0].0.resource.as_str(), "/x");
}

#[test]
fn handle_to_a_server_that_has_stopped_does_not_keep_its_journal_open() {
    let (journal, file) = JournalFile::create();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    let _control = server.control();
    assert_eq!(RawConnection::open(&server).get(FLAG).status, 200);
    server.shutdown(GRACE);
    assert_eq!(file.finish().len(), 2);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "writes to /dev/full")]
fn write_error_of_the_file_is_reported_and_the_server_continues() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (journal, writer) = Journal::new(full).unwrap();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    let mut raw = RawConnection::open(&server);
    (0..3).for_each(|_| assert_eq!(raw.get(FLAG).status, 200));
    server.shutdown(GRACE);
    let error = writer.finish(GRACE).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

/// A writer that blocks until it gets a permit.
struct BlockedWriter {
    permits: mpsc::Receiver<()>,
    file: File,
}

impl Write for BlockedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without a sender, every write is permitted.
        let _ = self.permits.recv();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_do_not_fit_in_the_queue_are_dropped_counted_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (sender, permits) = mpsc::channel();
    let file = File::create(&path).unwrap();
    let (journal, writer) = Journal::with_queue(BlockedWriter { permits, file }, 4).unwrap();
    let (reports, reported) = mpsc::channel();
    journal.on_lines_dropped(move |lines| reports.send(lines).unwrap());
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    let mut raw = RawConnection::open(&server);
    (0..20).for_each(|_| assert_eq!(raw.get(FLAG).status, 200, "more lines than the queue holds"));
    drop(raw);
    assert_eq!(reported.recv().unwrap(), 1, "at once");
    server.shutdown(GRACE);
    drop(sender);
    let dropped = writer.finish(GRACE).unwrap();
    let lines = lines(&path);
    let written = lines
        .iter()
        .filter(|line| line["event"] != "dropped")
        .count() as u64;
    let marked: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
    assert_eq!(written + marked, 40, "{lines:?}");
    assert!(dropped > 0 && dropped == marked, "{dropped} and {marked}");
    assert_eq!(lines.last().unwrap()["event"], "dropped");
}

#[test]
fn blocked_writer_does_not_block_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("journal")).unwrap();
    let (_sender, permits) = mpsc::channel();
    let (journal, writer) = Journal::new(BlockedWriter { permits, file }).unwrap();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    assert_eq!(RawConnection::open(&server).get(FLAG).status, 200);
    server.shutdown(GRACE);
    let error = writer.finish(Duration::from_millis(10)).unwrap_err();
    assert_eq!(error.to_string(), "the file accepts no more data");
}

/// The errors in the journal: status and sentence.
fn errors(server: &BlockingServer) -> Vec<(Option<u16>, String)> {
    let error = |entry| match entry {
        JournalEntry::Error(error) => Some((error.status, error.error.into())),
        _ => None,
    };
    let entries = server.journal_entries();
    entries.into_iter().filter_map(error).collect()
}

#[test]
fn what_is_no_request_is_an_error_in_the_ledger_and_the_journal() {
    for (bytes, status, sentence) in [
        ("garbage\r\n\r\n", 400, "not a valid request: "),
        (
            &*format!("GET / HTTP/1.1\r\n{}\r\n", "A: 1\r\n".repeat(101)),
            431,
            "expected at most 100 fields",
        ),
        (
            &*format!("GET /{} HTTP/1.1\r\n", "x".repeat(70_000)),
            414,
            "expected a target of less than ",
        ),
    ] {
        let server = BlockingServer::builder().start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(bytes);
        assert_eq!(raw.response(true).status, status);
        let ledger = server.ledger();
        assert_eq!(ledger.protocol_errors, [(status, 1)].into());
        assert_eq!(
            (ledger.requests, ledger.connection_errors),
            (0, 0),
            "{status}"
        );
        let [(logged, error)] = &errors(&server)[..] else {
            panic!("one error")
        };
        assert!(
            *logged == Some(status) && error.starts_with(sentence),
            "{status}: {error}"
        );
    }
}

#[test]
fn head_that_takes_too_long_is_an_error_and_a_body_is_a_request() {
    let mut limits = flagpole_server::ConnectionLimits::default();
    limits.head_timeout = Duration::from_millis(10);
    for (bytes, in_errors) in [
        ("GET / HTTP/1.1\r\nHo", true),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n1",
            false,
        ),
    ] {
        let builder = BlockingServer::builder().fault("slow-upload:1".parse().unwrap());
        let server = builder.connection_limits(limits).start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(bytes);
        let mut received = Vec::new();
        raw.0.read_to_end(&mut received).unwrap();
        assert_eq!(
            server.ledger().protocol_errors.get(&408),
            in_errors.then_some(&1),
            "{bytes}"
        );
        assert_eq!(errors(&server).len(), usize::from(in_errors), "{bytes}");
        let (_, requests) = finish(server);
        assert_eq!(requests.len(), usize::from(!in_errors), "{bytes}");
    }
}

#[test]
fn connection_that_is_broken_off_without_a_request_is_an_error() {
    for (bytes, sentence) in [
        ("GET / HTTP/1.1\r\nHo", "the connection failed: "),
        (&*format!("GET {FLAG} HTTP/1.1\r\nHost: x\r\n\r\n"), ""),
    ] {
        let server = BlockingServer::builder()
            .latency("1h".parse().unwrap())
            .start()
            .unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(bytes);
        let is_request = u64::from(sentence.is_empty());
        wait_until(|| server.ledger().connections == 1 && server.ledger().requests == is_request);
        raw.reset();
        wait_until(|| server.ledger().connection_errors == 1);
        wait_until(|| server.ledger().in_progress() == 0);
        let errors = errors(&server);
        assert_eq!(
            errors.len(),
            1 - usize::try_from(is_request).unwrap(),
            "{errors:?}"
        );
        assert!(
            errors
                .iter()
                .all(|(status, error)| status.is_none() && error.starts_with(sentence)),
            "{errors:?}"
        );
    }
}

#[test]
fn a_journal_ends_with_its_server_although_a_handle_to_the_server_is_left() {
    let (journal, writer) = Journal::new(Vec::new()).unwrap();
    let server = BlockingServer::builder().journal(journal).start().unwrap();
    let control = server.control();
    drop(server);
    writer.finish(Duration::from_secs(60)).unwrap();
    assert!(!control.is_serving());
}
