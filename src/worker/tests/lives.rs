//! What a master demands of a worker, from the first spawn to the end.

use super::fake_load::FakeLoad;
use super::fake_master::FakeMaster;
use super::worker::{Ended, block_on, fast, work};
use crate::exit_status::ExitStatus;
use serde_json::json;
use std::time::Duration;

/// Runs a worker beside a script; nothing that the worker did may be missing at the master.
async fn conserved<F: Future<Output = ()>>(
    master: &FakeMaster,
    load: FakeLoad,
    script: impl FnOnce(tokio::sync::mpsc::UnboundedSender<()>) -> F,
) -> Ended {
    let status = if load.fails_to_start || load.failure.is_some() || !load.classes.is_empty() {
        ExitStatus::Failed
    } else {
        ExitStatus::Success
    };
    let ended = work(master.address.clone(), fast(), load, script).await;
    assert_eq!(ended.exit.status, status, "{:?}", ended.lines);
    assert_eq!(ended.load.requests, master.state().requests);
    assert_eq!(ended.load.requests / 2, master.state().failures);
    ended
}

#[test]
fn users_come_and_go_and_every_request_is_reported() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = conserved(&master, FakeLoad::default(), |_| async {
            master
                .until("ready", |state| state.workers.len() == 1)
                .await;
            for (timestamp, users) in [(10.0, 2), (11.0, 5), (12.0, 1)] {
                master.spawn(timestamp, users);
                master
                    .until("users", |state| state.workers[0].1 == users)
                    .await;
            }
            let reports = master.state().reports;
            master
                .until("reports", |state| state.reports > reports + 2)
                .await;
            assert_eq!(master.state().heartbeat, "running");
            master.send("quit", &json!(null));
        })
        .await;
        assert_eq!(ended.load.demanded, [2, 5, 1]);
        assert_eq!(ended.load.graces, [Duration::from_millis(300)]);
        let settings = &ended.load.settings[0];
        assert_eq!(
            (settings.run.as_str(), settings.options["think"].as_str()),
            ("r1", "1ms")
        );
        assert_eq!(settings.host.as_deref(), Some("http://127.0.0.1:1"));
        assert!(ended.has_line("run r1 has ended"), "{:?}", ended.lines);
        assert!(ended.has_line(" attempts of "), "{:?}", ended.lines);
    });
}

#[test]
fn stop_then_another_run_then_quit() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = conserved(&master, FakeLoad::default(), |_| async {
            for run in 1..=3 {
                master
                    .until("ready", |state| state.count("client_ready") == run)
                    .await;
                let timestamp = 10.0 * run as f64;
                master.spawn(timestamp, 3);
                master
                    .until("users", |state| {
                        state.workers.first().is_some_and(|one| one.1 == 3)
                    })
                    .await;
                master.send("stop", &json!(null));
                master
                    .until("stopped", |state| state.count("client_stopped") == run)
                    .await;
            }
            master
                .until("ready", |state| state.count("client_ready") == 4)
                .await;
            assert_eq!(master.state().workers[0].1, 0);
            master.send("quit", &json!(null));
        })
        .await;
        assert_eq!(ended.load.settings.len(), 3);
        // The identity stays, as the connection does.
        let processes = ended.load.settings.iter().map(|settings| &settings.process);
        assert!(
            processes
                .clone()
                .all(|process| *process == ended.load.settings[0].process)
        );
        let state = master.state();
        let kinds = state.messages.iter().map(|(kind, _)| kind.as_str());
        let kinds: Vec<_> = kinds.filter(|kind| *kind != "logs").collect();
        let stopped = kinds
            .iter()
            .position(|kind| *kind == "client_stopped")
            .unwrap();
        assert_eq!(
            kinds[stopped - 2..=stopped + 1],
            ["stats", "heartbeat", "client_stopped", "client_ready"]
        );
    });
}

#[test]
fn signal_reports_the_rest_and_says_quit() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = conserved(&master, FakeLoad::default(), |signal| {
            let master = &master;
            async move {
                master_runs(master, 4).await;
                signal.send(()).unwrap();
                master.until("quit", |state| state.count("quit") == 1).await;
            }
        })
        .await;
        assert_eq!(ended.load.graces, [Duration::from_secs(1)]);
    });
}

async fn master_runs(master: &FakeMaster, users: u64) {
    master
        .until("ready", |state| state.workers.len() == 1)
        .await;
    master.spawn(10.0, users);
    master
        .until("users", |state| state.workers[0].1 == users)
        .await;
}

#[test]
fn log_text_arrives_whole_and_in_order() {
    block_on(async {
        let master = FakeMaster::start().await;
        conserved(&master, FakeLoad::default(), |_| async {
            master_runs(&master, 1).await;
            master.until("reports", |state| state.reports > 3).await;
            master.send("quit", &json!(null));
        })
        .await;
        let state = master.state();
        let blocks = state.log.lines().zip(1..);
        assert!(state.log.lines().count() > 3);
        assert!(
            blocks
                .into_iter()
                .all(|(line, n)| line == format!("#block {n}")),
            "{}",
            state.log
        );
    });
}

#[test]
fn reset_stats_drops_figures_but_not_the_log() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = work(master.address.clone(), fast(), FakeLoad::default(), |_| async {
            master.until("ready", |state| state.workers.len() == 1).await;
            let data = json!({
                "timestamp": 10.0, "user_classes_count": {"Reader": 1}, "host": null, "stop_timeout": null,
                "parsed_options": {"reset_stats": true},
            });
            master.send("spawn", &data);
            master.until("users", |state| state.workers[0].1 == 1).await;
            master.send("spawning_complete", &json!({"user_count": 1}));
            master.send("quit", &json!(null));
        })
        .await;
        let state = master.state();
        assert_eq!(ended.load.requests - state.requests, 10);
        let blocks = state.log.lines().count();
        assert_eq!(
            state.log.lines().last(),
            Some(format!("#block {blocks}").as_str())
        );
    });
}

#[test]
fn unknown_class_is_an_exception_and_the_worker_stays() {
    block_on(async {
        let master = FakeMaster::start().await;
        let load = FakeLoad {
            classes: vec!["Writer"],
            ..FakeLoad::default()
        };
        conserved(&master, load, |_| async {
            master
                .until("ready", |state| state.workers.len() == 1)
                .await;
            master.spawn(10.0, 2);
            master
                .until("exception", |state| !state.exceptions.is_empty())
                .await;
            master.send("stop", &json!(null));
            master
                .until("ready", |state| state.count("client_ready") == 2)
                .await;
            master.send("quit", &json!(null));
        })
        .await;
        assert_eq!(master.state().exceptions, ["no class `Reader`"]);
    });
}

#[test]
fn run_that_cannot_start_has_no_users_and_can_be_stopped() {
    block_on(async {
        let master = FakeMaster::start().await;
        let load = FakeLoad {
            fails_to_start: true,
            ..FakeLoad::default()
        };
        let ended = conserved(&master, load, |_| async {
            master
                .until("ready", |state| state.workers.len() == 1)
                .await;
            master.spawn(10.0, 2);
            master
                .until("exception", |state| !state.exceptions.is_empty())
                .await;
            master.send("stop", &json!(null));
            master
                .until("ready", |state| state.count("client_ready") == 2)
                .await;
            master.send("quit", &json!(null));
        })
        .await;
        let error = "the users of class Reader did not run: flagpole_think: expected a duration";
        assert_eq!(ended.exit.error.as_deref(), Some(error));
        assert!(ended.has_line(error), "{:?}", ended.lines);
        assert!(ended.load.demanded.is_empty());
    });
}

#[test]
fn lines_for_the_user_are_shown_by_the_master_too() {
    block_on(async {
        let master = FakeMaster::start().await;
        conserved(&master, FakeLoad::default(), |_| async {
            master_runs(&master, 1).await;
            let has_begun = |line: &String| line == "INFO/flagpole: run r1 has begun";
            master
                .until("line", |state| state.log_lines.iter().any(has_begun))
                .await;
            master.send("quit", &json!(null));
        })
        .await;
    });
}

#[test]
fn clocks_that_differ_are_a_warning() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = conserved(&master, FakeLoad::default(), |_| async {
            master_runs(&master, 1).await;
            master.send("quit", &json!(null));
        })
        .await;
        assert!(
            ended.has_line("s ahead of the master's"),
            "{:?}",
            ended.lines
        );
        let offset = ended.load.settings[0].clock_offset_us.unwrap();
        assert!(offset > 1_000_000_000_000, "{offset}");
    });
}

#[test]
fn class_that_fails_in_a_run_is_an_exception_at_its_end() {
    block_on(async {
        let master = FakeMaster::start().await;
        let load = FakeLoad {
            failure: Some("class `Reader`: cannot start a thread"),
            ..FakeLoad::default()
        };
        let ended = conserved(&master, load, |_| async {
            master_runs(&master, 1).await;
            master.send("stop", &json!(null));
            master
                .until("ready", |state| state.count("client_ready") == 2)
                .await;
            master.send("quit", &json!(null));
        })
        .await;
        let failure = "class `Reader`: cannot start a thread";
        assert_eq!(ended.exit.error.as_deref(), Some(failure));
        assert_eq!(master.state().exceptions, [failure]);
    });
}
