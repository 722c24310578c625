//! Flags are saved whole, under the names of their codes, and only what is a success.

use crate::gif;
use crate::server::{Server, code, destination};
use flagpole_client::{Concurrency, strategy};
use flagpole_protocol::Outcome;
use std::fs;
use std::path::Path;

/// Every flag has a text of its own; `XX` is not found, `XY` cut short.
fn site() -> Server {
    Server::start(|_, peer| {
        while let Some(head) = peer.request() {
            match code(&head).as_str() {
                "XX" => peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
                "XY" => {
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    return;
                }
                code => {
                    let body = flag(code);
                    peer.send(format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                }
            }
        }
    })
}

fn flag(code: &str) -> String {
    gif::saying(&code.repeat(9_000))
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
fn every_strategy_saves_the_same_files_and_no_others() {
    let server = site();
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let destination = destination(folder.path());
        let four = Concurrency::new(4).unwrap();
        let (tally, _) = server
            .run(strategy.name(), "BR CN IN US XX XY", |run| {
                run.concurrency(four).destination(destination)
            })
            .unwrap();
        assert_eq!((tally.ok, tally.not_found, tally.error), (4, 1, 1));
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
fn a_flag_that_cannot_be_saved_is_an_error_of_that_flag_alone() {
    let server = site();
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let destination = destination(folder.path());
        fs::create_dir_all(folder.path().join("cn.gif/in-the-way")).unwrap();
        let (tally, records) = server
            .run(strategy.name(), "BR CN US", |run| {
                run.destination(destination)
            })
            .unwrap();
        assert_eq!(
            (
                tally.ok,
                tally.error,
                tally.outcomes["write_failed"].attempts
            ),
            (2, 1, 1)
        );
        let failed = records
            .iter()
            .find(|record| record.outcome != Outcome::Ok)
            .unwrap();
        assert_eq!(failed.resource.code().to_string(), "CN");
        assert_eq!(failed.status, Some(200));
        assert_eq!(names(folder.path()), ["br.gif", "cn.gif", "us.gif"]);
    }
}
