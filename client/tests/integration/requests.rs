//! The bytes of a request.

use crate::test_server::{OK, TestServer};
use flagpole_client::{RunError, Target, TransportKind};
use flagpole_protocol::Outcome;

fn sent(set: impl Fn(flagpole_client::Run<'_>) -> flagpole_client::Run<'_>) -> Vec<String> {
    let server = TestServer::responding(|_| OK.into());
    server.run("sequential", "BR BR", set).unwrap();
    let host = server.endpoint().addresses()[0].to_string();
    server
        .requests()
        .iter()
        .map(|head| head.replace(&host, "HOST"))
        .collect()
}

#[test]
fn request_has_host_agent_and_no_coding_only() {
    let agent = concat!("user-agent: flagpole/", env!("CARGO_PKG_VERSION"));
    let fields = format!("host: HOST\r\n{agent}\r\naccept-encoding: identity");
    let plain = format!("GET /flags/br/br.gif HTTP/1.1\r\n{fields}\r\n\r\n");
    assert_eq!(sent(|run| run), [plain.clone(), plain]);
}

#[test]
fn named_run_sends_its_name_and_request_numbers() {
    let requests = sent(|run| run.name("async-1"));
    for (number, request) in (1..).zip(&requests) {
        assert!(
            request.contains("\r\nflagpole-run: async-1\r\n"),
            "{request}"
        );
        assert!(
            request.contains(&format!("\r\nflagpole-nth: {number}\r\n")),
            "{request}"
        );
    }
}

#[test]
fn invalid_run_name_is_rejected_before_the_first_request() {
    let server = TestServer::responding(|_| OK.into());
    for strategy in flagpole_client::strategy::ALL {
        let refused = server.run(strategy.name(), "BR", |run| run.name("a b"));
        assert!(matches!(refused, Err(RunError::Name(_))));
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn transport_that_a_strategy_cannot_use_is_rejected_before_the_first_request() {
    let server = TestServer::responding(|_| OK.into());
    for strategy in ["sequential", "threads", "thread-per-download"] {
        let refused = server.run(strategy, "BR", |run| run.transport(TransportKind::Hyper));
        let error = refused.unwrap_err().to_string();
        let expected = format!("the strategy `{strategy}` cannot use the transport `hyper`");
        assert_eq!(error, expected);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn site_may_have_a_path_prefix() {
    let server = TestServer::responding(|_| OK.into());
    let url = format!(
        "{}/static/flags/",
        Target::to_string(server.endpoint().target())
    );
    let endpoint = url.parse::<Target>().unwrap().resolve().unwrap();
    let workload = crate::test_server::workload("BR");
    let run = flagpole_client::Run::new(&workload, &endpoint);
    assert_eq!(
        crate::test_server::by_name("async").run(&run).unwrap().ok,
        1
    );
    assert!(server.requests()[0].starts_with("GET /static/flags/br/br.gif HTTP/1.1\r\n"));
}

#[test]
fn single_request_has_the_name_of_its_run_and_follows_no_redirect() {
    let server = TestServer::responding(|head| {
        let is_flag = head.starts_with("GET /flags/br/br.gif ");
        let moved = "HTTP/1.1 302 Found\r\nLocation: /flags/br/br.gif\r\nContent-Length: 0\r\n\r\n";
        if is_flag { OK } else { moved }.into()
    });
    let workload = flagpole_client::Workload::default();
    let endpoint = server.endpoint();
    let run = flagpole_client::Run::new(&workload, &endpoint).name("probe");
    let fetch = |path: &str| flagpole_client::fetch_blocking(&run, path.parse().unwrap());
    assert_eq!(fetch("/flags/br/br.gif").unwrap().len(), 29);
    assert_eq!(fetch("/moved").unwrap_err(), Outcome::Http(302));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains("\r\nflagpole-run: probe\r\n"));
}
