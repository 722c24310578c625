//! A server that is changed and reset while it runs.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_server::config::listener::Listener;
use flagpole_server::{BlockingServer, Rule, ServerGroup};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";
const GRACE: Duration = Duration::from_secs(20);

fn listener(latency: &str, fault: &str) -> Listener {
    let mut listener = Listener::default();
    listener.latency = latency.parse().unwrap();
    listener.faults = vec![fault.parse().unwrap()];
    listener
}

#[test]
fn a_request_follows_the_configuration_with_which_it_began() {
    let slow = BlockingServer::builder().listener(listener("300ms", "503"));
    let server = slow.start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(|| server.ledger().requests == 1);
    server.set_listener(Listener::default(), 7).unwrap();
    assert_eq!(raw.response(true).status, 503);
    assert_eq!(raw.get(PATH).status, 200, "the same connection");
    assert_eq!(RawConnection::open(&server).get(PATH).status, 200);
    assert_eq!(server.seed(), 7);
}

#[test]
fn a_thousand_replacements_under_load_change_no_response_half_way() {
    let versions = ["a", "b"].map(|letter| {
        let body = letter.repeat(2000);
        listener("0", &format!("503,header=X-Version:{letter},body={body}"))
    });
    let server = BlockingServer::builder()
        .listener(versions[0].clone())
        .start()
        .unwrap();
    let is_over = AtomicBool::new(false);
    let mut seen = thread::scope(|scope| {
        let request = || {
            let (mut raw, mut seen) = (RawConnection::open(&server), [0, 0]);
            while !is_over.load(Ordering::Relaxed) {
                let response = raw.get(PATH);
                let version = response.headers["x-version"].as_bytes()[0];
                assert_eq!(response.body, [version; 2000]);
                seen[usize::from(version - b'a')] += 1;
            }
            seen
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(request)).collect();
        for number in 1..=1000 {
            let version = versions[number % 2].clone();
            server.set_listener(version, 0).unwrap();
        }
        wait_until(|| server.ledger().completed > 1000);
        is_over.store(true, Ordering::Relaxed);
        let seen = clients.into_iter().map(|client| client.join().unwrap());
        seen.fold([0, 0], |sum, seen| [sum[0] + seen[0], sum[1] + seen[1]])
    });
    seen.sort_unstable();
    assert!(seen[1] > 0, "{seen:?}");
}

#[test]
fn limits_that_stay_the_same_keep_their_state() {
    let limited = BlockingServer::builder().rate_limit("1/m".parse().unwrap());
    let server = limited.start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!([raw.get(PATH).status, raw.get(PATH).status], [200, 429]);
    let mut listener = server.control().listener();
    listener.latency = "1ms".parse().unwrap();
    server.set_listener(listener.clone(), 0).unwrap();
    assert_eq!(raw.get(PATH).status, 429, "the bucket is still empty");
    listener.rate_limit = Some("2/m".parse().unwrap());
    server.set_listener(listener, 0).unwrap();
    assert_eq!(raw.get(PATH).status, 200, "a new limit begins full");
}

#[test]
fn an_invalid_configuration_changes_nothing() {
    let server = BlockingServer::builder().start().unwrap();
    let mut invalid = listener("5ms", "503@60%");
    invalid.faults.push("404@60%".parse().unwrap());
    let error = server.set_listener(invalid, 7).unwrap_err().to_string();
    assert!(error.starts_with("faults: "), "{error}");
    assert_eq!((server.listener().faults.len(), server.seed()), (0, 0));
}

#[test]
fn name_and_port_stay() {
    let mut named = Listener::default();
    named.name = Some("LOCAL".to_owned());
    let server = BlockingServer::builder().listener(named).start().unwrap();
    let mut other = listener("0", "503");
    (other.name, other.port) = (Some("OTHER".to_owned()), Some(1));
    server.set_listener(other, 0).unwrap();
    let listener = server.listener();
    assert_eq!(
        (listener.name.as_deref(), listener.port),
        (Some("LOCAL"), None)
    );
}

#[test]
fn a_profile_sets_the_listener_of_the_same_name_and_the_seed() {
    let mut named = Listener::default();
    named.name = Some("B".to_owned());
    let server = BlockingServer::builder().listener(named).start().unwrap();
    let profile = "seed = 9\n[[listener]]\nname = 'A'\n[[listener]]\nname = 'B'\nlatency = '1ms'";
    server.set_profile(&profile.parse().unwrap()).unwrap();
    let latency = || server.listener().latency.to_string();
    assert_eq!((latency(), server.seed()), ("1ms".to_owned(), 9));
    let others = profile.replace('B', "C").parse().unwrap();
    let error = server.set_profile(&others).unwrap_err().to_string();
    let expected = "expected one listener, or one with the name `B`, got 2 listeners";
    assert_eq!(error, expected);
    let only = "[[listener]]\nlatency = '2ms'".parse().unwrap();
    server.set_profile(&only).unwrap();
    assert_eq!((latency(), server.seed()), ("2ms".to_owned(), 0));
}

#[test]
fn a_group_changes_all_its_servers_or_none() {
    let named = |name: &str| {
        let mut listener = Listener::default();
        listener.name = Some(name.to_owned());
        BlockingServer::builder()
            .listener(listener)
            .start()
            .unwrap()
    };
    let servers = [named("A"), named("B")];
    let group = ServerGroup::new(servers.iter().map(|server| server.control()));
    let set = |text: &str| {
        let set = group.set_profile(text.parse().unwrap());
        set.map_err(|error| error.to_string())
    };
    let (a, b) = (
        "[[listener]]\nname = 'A'\nlatency = '1ms'\n",
        "[[listener]]\nname = 'B'\n",
    );
    let port = servers[1].addr().port();
    let other = if port == 1 { 2 } else { 1 };
    for (refused, expected) in [
        (
            a.to_owned(),
            "expected 2 listeners, got 1; their number cannot change while the server runs".to_owned(),
        ),
        (
            format!("{a}[[listener]]"),
            "listener[1].name: expected `B`, got no name; names cannot change while the server runs".to_owned(),
        ),
        (
            format!("{a}{b}port = {other}"),
            format!("listener[1].port: expected {port}, got {other}; ports cannot change while the server runs"),
        ),
    ] {
        assert_eq!(set(&refused), Err(expected));
        assert!(servers[0].listener().latency.is_zero());
    }
    set(&format!("about = 'x'\nseed = 7\n{a}{b}port = {port}")).unwrap();
    let profile = group.profile();
    assert_eq!((profile.about.as_deref(), profile.seed), (Some("x"), 7));
    assert_eq!(profile.listeners[1].port, Some(port));
    assert!(servers.iter().all(|server| server.seed() == 7));
    assert!(!servers[0].listener().latency.is_zero());
}

#[test]
fn connections_are_refused_while_a_configuration_says_so() {
    let server = BlockingServer::builder().start().unwrap();
    let is_refused = || TcpStream::connect(server.addr()).is_err();
    assert!(!is_refused());
    let mut refusing = Listener::default();
    refusing.refuse.push("0..".parse().unwrap());
    server.set_listener(refusing, 0).unwrap();
    wait_until(is_refused);
    server.set_listener(Listener::default(), 0).unwrap();
    wait_until(|| !is_refused());
    assert_eq!(RawConnection::open(&server).get(PATH).status, 200);
}

#[test]
fn a_reset_makes_the_server_as_new() {
    let twice = Rule::default().first(2).fault("503".parse().unwrap());
    let server = BlockingServer::builder()
        .rule(twice)
        .rate_limit("4/m".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    let statuses = |raw: &mut RawConnection| [(); 5].map(|()| raw.get(PATH).status);
    for path in [PATH, "/other"] {
        assert_eq!(raw.get(path).status, 503, "{path}");
    }
    wait_until(|| server.requests_over() == 2);
    assert_eq!(server.reset().requests, 2);
    assert_eq!(server.ledger().requests, 0);
    assert_eq!(statuses(&mut raw), [503, 503, 200, 200, 429]);
    assert!(server.wait(5, GRACE));
    assert!(!server.wait(6, Duration::ZERO));
    server.reset();
    assert_eq!(raw.get("/other").status, 503);
}
