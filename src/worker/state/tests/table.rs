//! Every pair of state and event.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

fn states() -> Vec<(&'static str, Worker)> {
    let then = |mut worker: Worker, event: Event| {
        worker.event(event);
        worker
    };
    let message = Event::Message;
    let confirming = |event| {
        then(
            then(Worker::running(), event).unproven(),
            Event::LoadStopped,
        )
    };
    let waiting = then(Worker::new(), refused());
    let applying = then(Worker::ready(), message(spawn(10.0, 4)));
    let reconnect = || message(MasterMessage::Reconnect);
    let quit = || message(MasterMessage::Quit);
    vec![
        ("waiting to connect", waiting),
        ("connecting", Worker::new()),
        ("registering", Worker::registering()),
        ("ready", Worker::ready()),
        ("spawning", applying),
        ("running", Worker::running()),
        ("stopping", Worker::stopping()),
        (
            "stopping to reconnect",
            then(Worker::running(), reconnect()),
        ),
        ("stopping to quit", then(Worker::running(), quit())),
        (
            "stopping by a signal",
            then(Worker::running(), Event::Interrupted),
        ),
        ("stopping without a master", then(Worker::running(), lost())),
        ("confirming to reconnect", confirming(reconnect())),
        ("confirming to quit", confirming(quit())),
        ("confirming after a signal", confirming(Event::Interrupted)),
        ("ended", then(Worker::ready(), quit())),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let message = Event::Message;
    let not_zeromq = Event::ConnectFailed {
        cause: "the port does not speak ZeroMQ".to_owned(),
        is_final: true,
    };
    vec![
        ("Connected", Event::Connected),
        ("ConnectFailed", refused()),
        ("ConnectFailed for good", not_zeromq),
        ("Disconnected", lost()),
        ("ack", message(ack())),
        ("spawn, stale", message(spawn(1.0, 9))),
        ("spawn", message(spawn(11.0, 9))),
        ("spawn, no users", message(spawn(11.0, 0))),
        (
            "spawning_complete",
            message(MasterMessage::SpawningComplete),
        ),
        ("stop", message(MasterMessage::Stop)),
        ("quit", message(MasterMessage::Quit)),
        ("heartbeat", message(MasterMessage::Heartbeat)),
        ("reconnect", message(MasterMessage::Reconnect)),
        ("update_user_class", message(MasterMessage::UpdateUserClass)),
        (
            "unknown",
            message(MasterMessage::Unknown("dawn".to_owned())),
        ),
        ("Malformed", Event::Malformed("an empty array".to_owned())),
        (
            "LoadFailed",
            Event::LoadFailed("no class `Reader`".to_owned()),
        ),
        ("UsersReached", Event::UsersReached),
        ("LoadStopped", Event::LoadStopped),
        ("Interrupted", Event::Interrupted),
        ("Tick", Event::Tick),
    ]
}

#[test]
fn every_event_is_defined_in_every_state() {
    let mut table = String::new();
    for (index, (state, worker)) in states().iter().enumerate() {
        writeln!(table, "{state}: {}", worker.phase()).unwrap();
        for (event, value) in events() {
            let (_, mut worker) = states().swap_remove(index);
            let done = worker.event(value);
            table += format!("    {event:<22} {:<70} {done}", worker.phase()).trim_end();
            table += "\n";
        }
    }
    insta::assert_snapshot!(table);
}

proptest! {
    /// Whatever happens, in any order and at any time: no panic, nothing is sent without a connection, and time goes on.
    #[test]
    fn any_sequence_of_events_is_survived(
        steps in prop::collection::vec((0_usize..21, 0_u64..20_000, any::<bool>()), 0..120),
    ) {
        let mut worker = Worker::new();
        for (event, milliseconds, is_proven) in steps {
            worker.now += Duration::from_millis(milliseconds);
            worker.is_proven = is_proven;
            let was_connected = worker.machine.link.is_connected;
            let (name, event) = events().swap_remove(event);
            let done = worker.event(event);
            let sends = ["client_", "spawning", "stats", "heartbeat", "quit", "exception"];
            let has_sent = done.split(' ').any(|word| sends.iter().any(|it| word.starts_with(it)));
            prop_assert!(!has_sent || was_connected || name == "Connected", "{} {}", name, done);
            // The first may end one wait and begin another that is over, too.
            worker.event(Event::Tick);
            worker.event(Event::Tick);
            let wake_at = worker.machine.wake_at();
            prop_assert!(wake_at.is_none_or(|at| at > worker.now), "{:?} {}", wake_at, worker.phase());
        }
    }

    /// A worker whose load and connections end does end: at a signal at once, else when it has given up.
    #[test]
    fn a_worker_without_a_master_ends(
        steps in prop::collection::vec((0_usize..21, 0_u64..5000), 0..60),
    ) {
        let mut worker = Worker::new();
        for (event, milliseconds) in steps {
            worker.now += Duration::from_millis(milliseconds);
            worker.event(events().swap_remove(event).1);
        }
        worker.event(lost());
        for _ in 0..200 {
            worker.event(Event::LoadStopped);
            worker.event(refused());
            worker.tick(1.0);
        }
        prop_assert!(worker.phase().starts_with("Ended"), "{}", worker.phase());
    }
}
