//! How a client takes faults: a file for `tests/`. `fetch` stands for the client under test.

use flagpole_server::{BlockingServer, JournalEntry, Rule};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(60);

/// GETs a flag, with at most two retries after a 503; returns the status line.
fn fetch(server: &BlockingServer, timeout: Duration) -> io::Result<String> {
    let mut status = String::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.addr())?;
        stream.set_read_timeout(Some(timeout))?;
        stream.write_all(
            b"GET /flags/br/br.gif HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )?;
        let mut response = BufReader::new(stream);
        status.clear();
        response.read_line(&mut status)?;
        response.read_to_end(&mut Vec::new())?;
        if !status.contains("503") {
            break;
        }
    }
    Ok(status)
}

#[test]
fn client_retries_until_the_server_recovers() -> TestResult {
    let rule = Rule::default().first(2).fault("503".parse()?);
    let server = BlockingServer::builder().rule(rule).start()?;
    assert!(fetch(&server, PATIENCE)?.contains("200 OK"));
    assert!(server.wait(3, PATIENCE));
    let journal = server.journal_entries();
    let statuses: Vec<_> = journal.iter().map(JournalEntry::status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
    Ok(())
}

#[test]
fn client_does_not_wait_for_a_server_that_hangs() -> TestResult {
    let server = BlockingServer::builder().fault("hang".parse()?).start()?;
    assert!(fetch(&server, Duration::from_millis(500)).is_err());
    assert!(server.wait(1, PATIENCE));
    Ok(())
}

#[test]
fn client_sees_an_outage_begin_and_end() -> TestResult {
    let server = BlockingServer::builder().start()?;
    assert!(fetch(&server, PATIENCE).is_ok());
    let clean = server.listener();
    let mut outage = clean.clone();
    outage.faults = vec!["reset".parse()?];
    server.set_listener(outage, 0)?;
    assert!(fetch(&server, PATIENCE).is_err());
    server.set_listener(clean, 0)?;
    assert!(fetch(&server, PATIENCE).is_ok());
    Ok(())
}
