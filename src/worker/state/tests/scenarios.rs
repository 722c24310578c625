//! Lives of a worker.

use super::*;

#[test]
fn a_run_from_connection_to_quit() {
    let mut worker = Worker::new();
    assert_eq!(worker.event(Event::Connected), "client_ready");
    assert_eq!(worker.tick(0.0), "heartbeat:Ready");
    assert_eq!(worker.message(ack()), "note");
    assert_eq!(worker.message(spawn(10.0, 2)), "spawning START USERS:2");
    assert_eq!(worker.event(Event::UsersReached), "spawning_complete");
    assert_eq!(worker.message(spawn(11.0, 4)), "spawning USERS:4");
    assert_eq!(worker.tick(1.0), "heartbeat:Spawning spawning_complete");
    assert_eq!(worker.wait(2), "stats");
    assert_eq!(worker.message(MasterMessage::Quit), "stats STOP:300ms");
    let mut worker = worker.unproven();
    assert_eq!(worker.event(Event::LoadStopped), "stats heartbeat:Running");
    assert_eq!(worker.message(MasterMessage::Heartbeat), "");
    let mut worker = worker.proven();
    assert_eq!(worker.message(MasterMessage::Heartbeat), "close EXIT:0");
}

#[test]
fn a_stopped_worker_is_ready_for_the_next_run() {
    let mut worker = Worker::stopping();
    let done = worker.event(Event::LoadStopped);
    assert_eq!(done, "stats heartbeat:Running client_stopped client_ready");
    assert_eq!(worker.message(ack()), "");
    assert_eq!(worker.message(spawn(20.0, 1)), "spawning START USERS:1");
}

#[test]
fn client_ready_is_repeated_until_the_ack() {
    let mut worker = Worker::registering();
    assert_eq!(worker.tick(4.0), "heartbeat:Ready");
    assert_eq!(worker.tick(1.0), "heartbeat:Ready client_ready");
    worker.message(ack());
    assert_eq!(worker.wait(20), "");
}

#[test]
fn duplicate_ack_changes_nothing() {
    let mut worker = Worker::running();
    assert_eq!(worker.message(ack()), "");
    assert!(worker.phase().starts_with("Running"));
}

#[test]
fn second_stop_changes_nothing() {
    let mut worker = Worker::stopping();
    assert_eq!(worker.message(MasterMessage::Stop), "");
    worker.event(Event::LoadStopped);
    assert_eq!(worker.message(MasterMessage::Stop), "");
    assert_eq!(worker.phase(), "Registering");
}

#[test]
fn stale_spawn_is_acknowledged_and_not_applied() {
    let mut worker = Worker::running();
    assert_eq!(worker.message(spawn(10.0, 9)), "spawning");
    assert_eq!(worker.message(spawn(9.999_999, 9)), "spawning");
    assert_eq!(worker.message(spawn(10.000_001, 9)), "spawning USERS:9");
}

#[test]
fn spawn_while_stopping_is_applied_after_the_registration() {
    let mut worker = Worker::stopping();
    assert_eq!(worker.message(spawn(11.0, 3)), "spawning");
    worker.event(Event::LoadStopped);
    assert_eq!(worker.message(ack()), "START USERS:3");
}

#[test]
fn stop_after_a_waiting_spawn_cancels_it() {
    let mut worker = Worker::stopping();
    worker.message(spawn(11.0, 3));
    worker.message(MasterMessage::Stop);
    worker.event(Event::LoadStopped);
    assert_eq!(worker.message(ack()), "");
    assert_eq!(worker.phase(), "Ready");
}

#[test]
fn spawn_without_users_is_a_run() {
    let mut worker = Worker::ready();
    assert_eq!(worker.message(spawn(10.0, 0)), "spawning START USERS:0");
}

#[test]
fn reset_stats_is_obeyed_when_all_users_run() {
    let mut worker = Worker::ready();
    let MasterMessage::Spawn(mut job) = spawn(10.0, 1) else {
        unreachable!("it is a spawn");
    };
    job.reset_stats = true;
    worker.message(MasterMessage::Spawn(job));
    assert_eq!(worker.message(MasterMessage::SpawningComplete), "RESET");
    assert_eq!(
        Worker::running().message(MasterMessage::SpawningComplete),
        ""
    );
}

#[test]
fn unknown_class_is_an_exception_once_in_each_run() {
    let mut worker = Worker::running();
    let failed = || Event::LoadFailed("no class `Writer`".to_owned());
    assert_eq!(worker.event(failed()), "warn exception");
    assert_eq!(worker.event(failed()), "");
    worker.message(MasterMessage::Stop);
    worker.event(Event::LoadStopped);
    worker.message(spawn(20.0, 1));
    assert_eq!(worker.event(failed()), "warn exception");
}

#[test]
fn worker_whose_users_did_not_run_obeys_and_ends_as_a_failure() {
    let mut worker = Worker::running();
    let text = "the users of class Writer did not run: no class `Writer`";
    worker.event(Event::LoadFailed(text.to_owned()));
    worker.message(MasterMessage::Stop);
    worker.event(Event::LoadStopped);
    worker.message(ack());
    assert_eq!(worker.message(spawn(20.0, 1)), "spawning START USERS:1");
    worker.message(MasterMessage::Quit);
    worker.event(Event::LoadStopped);
    let actions = worker.actions(Event::Message(MasterMessage::Heartbeat));
    let exit = WorkerExit {
        status: ExitStatus::Failed,
        error: Some(text.to_owned()),
    };
    assert_eq!(actions.last(), Some(&Action::Exit(exit)));
    // A signal ends it in the same way.
    let mut worker = Worker::ready();
    worker.event(Event::LoadFailed(text.to_owned()));
    assert_eq!(worker.event(Event::Interrupted), "quit close EXIT:1");
}

#[test]
fn options_that_change_in_a_run_are_named_once_for_each_change() {
    let job = |timestamp, rate: &str, host: &str| {
        let MasterMessage::Spawn(mut job) = spawn(timestamp, 1) else {
            unreachable!("it is a spawn");
        };
        job.options
            .insert("rate_per_user".to_owned(), rate.to_owned());
        job.host = Some(host.to_owned());
        Event::Message(MasterMessage::Spawn(job))
    };
    let warnings = |actions: Vec<Action>| {
        let lines = actions.into_iter().filter_map(|action| match action {
            Action::Warn(line) => Some(line),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let mut worker = Worker::ready();
    assert_eq!(
        worker.event(job(10.0, "1/s", "http://a")),
        "spawning START USERS:1"
    );
    assert_eq!(
        worker.event(job(11.0, "1/s", "http://a")),
        "spawning USERS:1"
    );
    let changed = |name| format!("{name} changed; it takes effect in the next run");
    assert_eq!(
        warnings(worker.actions(job(12.0, "rubbish", "http://b"))),
        [changed("flagpole_rate_per_user"), changed("host")]
    );
    assert_eq!(
        worker.event(job(13.0, "rubbish", "http://b")),
        "spawning USERS:1"
    );
    assert_eq!(
        warnings(worker.actions(job(14.0, "2/s", "http://b"))),
        [changed("flagpole_rate_per_user")]
    );
    worker.message(MasterMessage::Stop);
    worker.event(Event::LoadStopped);
    assert_eq!(
        worker.event(job(15.0, "3/s", "http://c")),
        "spawning START USERS:1"
    );
}

#[test]
fn a_run_that_does_not_end_is_given_up() {
    let mut worker = Worker::stopping();
    let done = worker.tick(7.5);
    assert!(
        done.ends_with("warn stats heartbeat:Running client_stopped client_ready"),
        "{done}"
    );
}

#[test]
fn grace_is_the_stop_timeout_but_a_second_at_least() {
    assert_eq!(Worker::running().message(MasterMessage::Stop), "STOP:2s");
    let mut worker = Worker::ready();
    let MasterMessage::Spawn(mut job) = spawn(10.0, 1) else {
        unreachable!("it is a spawn");
    };
    job.stop_timeout = Duration::ZERO;
    worker.message(MasterMessage::Spawn(job));
    assert_eq!(worker.message(MasterMessage::Stop), "STOP:1s");
}

#[test]
fn signal_ends_the_run_and_says_quit() {
    let mut worker = Worker::running();
    assert_eq!(worker.event(Event::Interrupted), "note STOP:2s");
    let mut worker = worker.unproven();
    assert_eq!(worker.event(Event::LoadStopped), "stats heartbeat:Running");
    let mut worker = worker.proven();
    assert_eq!(
        worker.message(MasterMessage::Heartbeat),
        "quit close EXIT:0"
    );
}

#[test]
fn last_report_without_an_answer_is_a_failure() {
    let mut worker = Worker::running();
    worker.message(MasterMessage::Quit);
    let mut worker = worker.unproven();
    worker.event(Event::LoadStopped);
    assert!(worker.tick(5.0).ends_with("LOSS close EXIT:1"));
}

#[test]
fn master_that_leaves_before_the_proof_is_a_failure() {
    let mut worker = Worker::running();
    worker.message(MasterMessage::Quit);
    let mut worker = worker.unproven();
    worker.event(Event::LoadStopped);
    assert_eq!(worker.event(lost()), "warn close LOSS EXIT:1");
}

#[test]
fn lost_master_ends_the_run_and_is_looked_for() {
    let mut worker = Worker::running();
    assert_eq!(worker.event(lost()), "warn close STOP:2s");
    assert_eq!(worker.tick(1.0), "");
    assert_eq!(worker.event(Event::LoadStopped), "LOSS");
    assert_eq!(worker.tick(0.1), "connect");
    assert_eq!(worker.event(Event::Connected), "client_ready");
    worker.message(ack());
    // Another master, whose clock may be behind.
    assert_eq!(worker.message(spawn(1.0, 1)), "spawning START USERS:1");
}

#[test]
fn silent_master_is_lost_after_its_timeout() {
    let mut worker = Worker::running();
    assert_eq!(worker.wait(100).replace("stats", "").trim(), "");
    for _ in 0..59 {
        assert!(!worker.tick(1.0).contains("warn"));
    }
    assert!(worker.tick(1.0).starts_with("warn close STOP:2s"));
}

#[test]
fn attempts_back_off_until_they_are_given_up() {
    let mut worker = Worker::new();
    let mut attempts = Vec::new();
    let mut done = worker.event(refused());
    assert_eq!(done, "note");
    while !done.contains("EXIT") {
        worker.now = worker.machine.wake_at().unwrap();
        attempts.push(worker.now.as_secs_f64());
        done = worker.event(Event::Tick) + &worker.event(refused());
    }
    assert_eq!(attempts[..5], [0.1, 0.3, 0.7, 1.5, 3.1]);
    assert!(done.ends_with("close EXIT:2"), "{done}");
    assert_eq!(worker.now, Duration::from_secs(60));
}

#[test]
fn signal_while_the_lost_master_is_looked_for_is_a_failure() {
    let mut worker = Worker::running();
    worker.event(lost());
    worker.event(Event::LoadStopped);
    assert_eq!(worker.phase(), "Connecting (not connected)");
    assert_eq!(worker.event(Event::Interrupted), "EXIT:1");
}

#[test]
fn lost_master_that_does_not_come_back_is_a_failure() {
    let mut worker = Worker::ready();
    worker.event(lost());
    worker.tick(0.1);
    worker.now += Duration::from_secs(60);
    assert_eq!(worker.event(refused()), "close EXIT:1");
}

#[test]
fn port_of_another_protocol_is_refused_at_once() {
    let mut worker = Worker::new();
    let cause = "the port does not speak ZeroMQ".to_owned();
    let other = Event::ConnectFailed {
        cause,
        is_final: true,
    };
    assert_eq!(worker.event(other), "EXIT:2");
}

#[test]
fn peer_that_never_acks_is_given_up() {
    let mut worker = Worker::registering();
    let mut done = String::new();
    while !done.contains("EXIT") {
        done = worker.tick(1.0);
    }
    assert_eq!(
        (done.as_str(), worker.now),
        ("close EXIT:2", Duration::from_secs(60))
    );
}

#[test]
fn reconnect_ends_the_run_with_its_report() {
    let mut worker = Worker::running();
    assert_eq!(worker.message(MasterMessage::Reconnect), "warn STOP:2s");
    let mut worker = worker.unproven();
    assert_eq!(worker.event(Event::LoadStopped), "stats heartbeat:Running");
    let mut worker = worker.proven();
    assert_eq!(
        worker.message(MasterMessage::Heartbeat),
        "client_stopped close"
    );
    assert_eq!(worker.tick(0.1), "connect");
}

#[test]
fn strange_messages_are_named_a_few_times() {
    let mut worker = Worker::running();
    let unknown = |n: u32| MasterMessage::Unknown(format!("type{n}"));
    assert_eq!(worker.message(unknown(0)), "warn");
    assert_eq!(worker.message(unknown(0)), "");
    let warnings: Vec<_> = (1..100).map(|n| worker.message(unknown(n))).collect();
    assert_eq!(warnings.concat(), "warn".repeat(9));
}
