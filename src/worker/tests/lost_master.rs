//! Masters that die, come back, and are silent.

use super::fake_load::FakeLoad;
use super::fake_master::FakeMaster;
use super::worker::{block_on, fast, work};
use crate::exit_status::ExitStatus;
use serde_json::json;
use std::time::Duration;

async fn runs(master: &FakeMaster, users: u64) {
    master
        .until("ready", |state| !state.workers.is_empty())
        .await;
    master.spawn(10.0, users);
    master
        .until("users", |state| state.workers[0].1 == users)
        .await;
}

#[test]
fn a_new_master_on_the_same_port_gets_the_worker_with_a_new_identity() {
    block_on(async {
        let first = FakeMaster::start().await;
        let address = first.address.clone();
        let ended = work(
            address.clone(),
            fast(),
            FakeLoad::default(),
            |_| async move {
                runs(&first, 2).await;
                first.kill().await;
                let second = FakeMaster::start_on(address.port).await;
                runs(&second, 3).await;
                second.send("quit", &json!(null));
                second
                    .until("last report", |state| {
                        state.workers[0].1 == 0 && state.requests > 0
                    })
                    .await;
                // Ends with the worker, so that its last heartbeat is answered.
                std::mem::forget(second);
            },
        )
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Success);
        assert_eq!(ended.load.demanded, [2, 3]);
        let processes: Vec<_> = ended
            .load
            .settings
            .iter()
            .map(|run| run.process.clone())
            .collect();
        assert_ne!(processes[0], processes[1]);
        assert!(
            ended.has_line("lost the Locust master at"),
            "{:?}",
            ended.lines
        );
        assert!(
            ended.has_line("`r1.hlog` has them all"),
            "{:?}",
            ended.lines
        );
    });
}

#[test]
fn a_master_that_does_not_come_back_is_exit_code_1() {
    block_on(async {
        let master = FakeMaster::start().await;
        let mut timing = fast();
        timing.reconnect_timeout = Duration::from_millis(300);
        timing.attempt = Duration::from_millis(100);
        let address = master.address.clone();
        let ended = work(address, timing, FakeLoad::default(), |_| async move {
            runs(&master, 2).await;
            master.kill().await;
        })
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Failed);
        let error = ended.exit.error.unwrap();
        assert!(error.contains("no Locust master at 127.0.0.1:"), "{error}");
    });
}

#[test]
fn a_silent_master_is_lost_and_found_again() {
    block_on(async {
        let master = FakeMaster::start().await;
        let mut timing = fast();
        timing.master_timeout = Duration::from_millis(300);
        let ended = work(
            master.address.clone(),
            timing,
            FakeLoad::default(),
            |_| async {
                runs(&master, 2).await;
                master.state().is_silent = true;
                let ready = master.state().count("client_ready");
                master
                    .until("another client_ready", |state| {
                        state.count("client_ready") > ready
                    })
                    .await;
                master.state().workers.clear();
                master.state().is_silent = false;
                master
                    .until("ready again", |state| !state.workers.is_empty())
                    .await;
                master.send("quit", &json!(null));
            },
        )
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Success, "{:?}", ended.lines);
        assert!(
            ended.has_line("it has answered no heartbeat for"),
            "{:?}",
            ended.lines
        );
    });
}

#[test]
fn a_master_that_leaves_without_an_answer_is_exit_code_1() {
    block_on(async {
        let master = FakeMaster::start().await;
        let address = master.address.clone();
        let ended = work(address, fast(), FakeLoad::default(), |_| async move {
            runs(&master, 2).await;
            master.state().is_silent = true;
            let reports = master.state().count("stats");
            master.send("quit", &json!(null));
            master
                .until("last reports", |state| state.count("stats") >= reports + 2)
                .await;
            master.kill().await;
        })
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Failed);
        assert!(
            ended.has_line("the master may not have"),
            "{:?}",
            ended.lines
        );
    });
}

#[test]
fn reconnect_makes_a_new_connection_and_loses_nothing() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = work(
            master.address.clone(),
            fast(),
            FakeLoad::default(),
            |_| async {
                runs(&master, 2).await;
                let before = master.state().workers[0].0.clone();
                master.send("reconnect", &json!(null));
                let is_other = |worker: &(String, u64)| worker.0 != before;
                master
                    .until("new worker", |state| state.workers.iter().any(is_other))
                    .await;
                assert_eq!(master.state().workers.len(), 1);
                runs(&master, 1).await;
                master.send("quit", &json!(null));
            },
        )
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Success, "{:?}", ended.lines);
        assert_eq!(ended.load.requests, master.state().requests);
    });
}

#[test]
fn signal_without_a_master_ends_the_worker() {
    block_on(async {
        let master = FakeMaster::start().await;
        let address = master.address.clone();
        master.kill().await;
        let ended = work(address, fast(), FakeLoad::default(), |signal| async move {
            signal.send(()).unwrap();
        })
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Success);
    });
}
