//! Requests through an HTTP proxy.

use crate::test_server::{OK, TestServer, by_name, workload};
use flagpole_client::{Endpoint, Run, Target, strategy};

/// Downloads a flag and its name from a host that only the proxy could know, and returns the heads of the requests.
fn sent(strategy: &str, userinfo: &str) -> Vec<String> {
    let proxy = TestServer::responding(|head| {
        let moved = "HTTP/1.1 302 Found\r\nLocation: /moved?to=here\r\nContent-Length: 0\r\n\r\n";
        if head.contains("/moved?") { OK } else { moved }.into()
    });
    let address = proxy.endpoint().addresses()[0];
    let url = format!("http://{userinfo}{address}");
    let target: Target = "http://flags.invalid:8080/site".parse().unwrap();
    let endpoint: Endpoint = target.resolve_via(url.parse().unwrap()).unwrap();
    assert_eq!(endpoint.addresses(), [address]);
    let workload = workload("BR");
    let stats = by_name(strategy).run(&Run::new(&workload, &endpoint));
    assert_eq!(stats.unwrap().ok, 1, "{strategy}");
    proxy.requests()
}

#[test]
fn request_to_a_proxy_has_the_complete_url_and_the_host_of_the_origin() {
    for strategy in strategy::ALL {
        let requests = sent(strategy.name(), "");
        for (request, path) in requests
            .iter()
            .zip(["/site/flags/br/br.gif", "/moved?to=here"])
        {
            let line = format!("GET http://flags.invalid:8080{path} HTTP/1.1\r\n");
            assert!(request.starts_with(&line), "{request}");
            assert!(
                request.contains("\r\nhost: flags.invalid:8080\r\n"),
                "{request}"
            );
            assert!(!request.contains("authorization"), "{request}");
        }
        assert_eq!(requests.len(), 2);
    }
}

#[test]
fn credentials_of_the_proxy_are_sent() {
    for request in sent("async", "user:pass%40word@") {
        let field = "\r\nproxy-authorization: Basic dXNlcjpwYXNzQHdvcmQ=\r\n";
        assert!(request.contains(field), "{request}");
    }
}
