//! Successful flags, and only they, are saved completely under the names of their codes.

use crate::gif;
use crate::test_server::{TestServer, code, destination};
use flagpole_client::{Concurrency, StorageFailure, strategy};
use flagpole_protocol::{AttemptRecord, CountryCode, Outcome};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Every flag differs; `XX` is not found, `XY` is incomplete.
fn site() -> TestServer {
    TestServer::start(|_, connection| {
        while let Some(head) = connection.request() {
            match code(&head).as_str() {
                "XX" => connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
                "XY" => {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    return;
                }
                code => {
                    let body = flag(code);
                    connection.send(format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                }
            }
        }
    })
}

fn flag(code: &str) -> String {
    gif::with_text(&code.repeat(9_000))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn all_strategies_save_the_same_files() {
    let server = site();
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let destination = destination(folder.path());
        let four = Concurrency::new(4).unwrap();
        let (stats, _) = server
            .run(strategy.name(), "BR CN IN US XX XY", |run| {
                run.concurrency(four).destination(destination)
            })
            .unwrap();
        assert_eq!((stats.ok, stats.not_found, stats.error), (4, 1, 1));
        assert_eq!(
            names(folder.path()),
            ["br.gif", "cn.gif", "in.gif", "us.gif"],
            "{}",
            strategy.name()
        );
        assert_eq!(
            fs::read_to_string(folder.path().join("br.gif")).unwrap(),
            flag("BR")
        );
    }
}

#[test]
fn failed_save_affects_only_its_own_flag() {
    let server = site();
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let destination = destination(folder.path());
        fs::create_dir_all(folder.path().join("cn.gif/in-the-way")).unwrap();
        let (stats, records) = server
            .run(strategy.name(), "BR CN US", |run| {
                run.destination(destination)
            })
            .unwrap();
        assert_eq!(
            (
                stats.ok,
                stats.error,
                stats.outcomes["write_failed"].attempts
            ),
            (2, 1, 1)
        );
        let failed = records
            .iter()
            .find(|record| record.outcome != Outcome::Ok)
            .unwrap();
        assert_eq!(failed.resource.name(), "CN");
        assert_eq!(failed.status, Some(200));
        assert_eq!(names(folder.path()), ["br.gif", "cn.gif", "us.gif"]);
    }
}

/// The number of the request that makes the folder useless, far from the first and the last.
const LAST: usize = 30;

/// Serves flags; renames a folder, which does not exist then, when request number [`LAST`] arrives.
fn site_that_moves(folder: &Path) -> TestServer {
    let (folder, requests) = (folder.to_owned(), AtomicUsize::new(0));
    TestServer::responding(move |head| {
        if requests.fetch_add(1, SeqCst) + 1 == LAST {
            fs::rename(&folder, folder.with_extension("moved")).unwrap();
        }
        let body = flag(&code(head));
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
    })
}

/// How many records have this outcome.
fn count(records: &[AttemptRecord], label: &str) -> usize {
    let labels = records.iter().map(|record| record.outcome.label());
    labels.filter(|of_record| of_record == label).count()
}

#[test]
fn run_ends_when_no_further_file_can_be_saved() {
    let codes: Vec<_> = CountryCode::every().map(|code| code.to_string()).collect();
    for strategy in strategy::ALL {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("flags");
        let destination = destination(&folder);
        let server = site_that_moves(&folder);
        let four = Concurrency::new(4).unwrap();
        let (stats, records) = server
            .run(strategy.name(), &codes.join(" "), |run| {
                run.concurrency(four).destination(destination)
            })
            .unwrap();
        let name = strategy.name();
        let failure = destination.failure();
        assert!(
            matches!(failure, Some(StorageFailure::Unwritable(_))),
            "{name}: {failure:?}"
        );
        // A temporary file may have moved with the folder.
        let mut saved = names(&folder.with_extension("moved"));
        saved.retain(|file| Path::new(file).extension() == Some("gif".as_ref()));
        // The event loops have a queue before the disk.
        assert!(
            (LAST..codes.len() / 2).contains(&records.len()),
            "{name}: {}",
            records.len()
        );
        assert!(count(&records, "write_failed") > 0, "{name}");
        assert_eq!(saved.len(), count(&records, "ok"), "{name}");
        assert_eq!(stats.started - stats.ok, stats.error, "{name}");
        assert!(stats.unstarted > 0, "{name}");
    }
}

#[test]
fn run_ends_when_no_partial_file_can_be_saved() {
    let server = |folder: &Path| {
        let (folder, requests) = (folder.to_owned(), AtomicUsize::new(0));
        TestServer::start(move |_, connection| {
            connection.request();
            if requests.fetch_add(1, SeqCst) == 0 {
                fs::rename(&folder, folder.with_extension("moved")).unwrap();
            }
            connection.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\nhalf");
        })
    };
    let codes: Vec<_> = CountryCode::every().map(|code| code.to_string()).collect();
    for strategy in strategy::ALL {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("flags");
        let resuming = Box::leak(Box::new(
            destination(&folder).clone().resuming("http://here", 1000),
        ));
        let (stats, records) = server(&folder)
            .run(strategy.name(), &codes.join(" "), |run| {
                run.destination(resuming)
            })
            .unwrap();
        assert!(
            resuming.failure().is_some() && stats.unstarted > 0,
            "{}",
            strategy.name()
        );
        assert_eq!(records[0].outcome, Outcome::IncompleteBody);
    }
}
