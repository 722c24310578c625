//! What is on the wire is what is promised.

use crate::server::{OK, Server};
use flagpole_client::{RunError, Target};

fn sent(set: impl Fn(flagpole_client::Run<'_>) -> flagpole_client::Run<'_>) -> Vec<String> {
    let server = Server::answering(|_| OK.into());
    server.run("sequential", "BR BR", set).unwrap();
    let host = server.endpoint().addresses()[0].to_string();
    server
        .requests()
        .iter()
        .map(|head| head.replace(&host, "HOST"))
        .collect()
}

#[test]
fn a_request_says_who_asks_and_nothing_needless() {
    let agent = concat!("user-agent: flagpole/", env!("CARGO_PKG_VERSION"));
    let plain = format!("GET /flags/br/br.gif HTTP/1.1\r\nhost: HOST\r\n{agent}\r\n\r\n");
    assert_eq!(sent(|run| run), [plain.clone(), plain]);
}

#[test]
fn a_named_run_names_itself_and_each_attempt() {
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
fn a_name_that_cannot_be_sent_is_refused_before_anything_is() {
    let server = Server::answering(|_| OK.into());
    for strategy in flagpole_client::strategy::ALL {
        let refused = server.run(strategy.name(), "BR", |run| run.name("a b"));
        assert!(matches!(refused, Err(RunError::Name(_))));
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_site_may_lie_below_a_path() {
    let server = Server::answering(|_| OK.into());
    let url = format!(
        "{}/static/flags/",
        Target::to_string(server.endpoint().target())
    );
    let endpoint = url.parse::<Target>().unwrap().resolve().unwrap();
    let plan = crate::server::plan("BR");
    let run = flagpole_client::Run::new(&plan, &endpoint);
    assert_eq!(crate::server::by_name("async").run(&run).unwrap().ok, 1);
    assert!(server.requests()[0].starts_with("GET /static/flags/br/br.gif HTTP/1.1\r\n"));
}
