//! Successful flags, and only they, are saved completely under the names of their codes.

use crate::gif;
use crate::test_server::{TestServer, code, destination};
use flagpole_client::{Concurrency, strategy};
use flagpole_protocol::Outcome;
use std::fs;
use std::path::Path;

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
