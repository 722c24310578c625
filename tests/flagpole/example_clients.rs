//! The programs of `examples/clients`, each against a separate server.

use crate::harness::{CommandOutput, Sandbox};
use crate::servers::{finish, server_with};
use crate::tools;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use rstest::rstest;
use std::fs;
use std::path::Path;
use std::process::Command;

const CONCURRENCY: usize = 5;

/// The command of a client, and the one that shows that its library is there.
struct Client {
    command: &'static str,
    needed: &'static [&'static str],
    /// Whether `.ci/recipes` installs the library.
    is_installed: bool,
}

macro_rules! clients {
    ($($function:ident: $command:literal, $is_installed:literal, $needed:expr;)*) => {
        $(fn $function() -> Client {
            Client { command: $command, needed: &$needed, is_installed: $is_installed }
        })*
    };
}

clients! {
    requests_sequential: "python3 requests_sequential.py", true, ["python3", "-c", "import requests"];
    requests_threads: "python3 requests_threads.py", true, ["python3", "-c", "import requests"];
    httpx: "python3 httpx_asyncio.py", true, ["python3", "-c", "import httpx"];
    aiohttp: "python3 aiohttp_asyncio.py", true, ["python3", "-c", "import aiohttp"];
    node: "node fetch.mjs", true, ["node", "-e", "fetch"];
    curl: "sh curl_parallel.sh", true, ["curl", "--no-progress-meter", "--parallel-immediate", "--version"];
    go: "go run net_http.go", false, ["go", "version"];
    reqwest: "flagpole-client-reqwest", false, ["sh", "-c", "command -v flagpole-client-reqwest"];
    ureq: "flagpole-client-ureq", false, ["sh", "-c", "command -v flagpole-client-ureq"];
}

#[rstest]
fn client_asks_once_for_each_url_and_saves_every_body(
    #[values(
        requests_sequential,
        requests_threads,
        httpx,
        aiohttp,
        node,
        curl,
        go,
        reqwest,
        ureq
    )]
    client: fn() -> Client,
) {
    let client = client();
    let server = server_with("10ms", "404@20% 500@20%");
    let Some((sandbox, output)) = run(&client, &server) else {
        return;
    };
    output.assert_code(0);
    assert_eq!(output.stdout, "20 of 20 answered\n");
    let (ledger, requests) = finish(server);
    assert_eq!((ledger.requests, ledger.completed), (20, 20));
    // Without pipelining this is also the most requests at once.
    let connections = usize::try_from(ledger.connections).unwrap();
    assert!(connections <= CONCURRENCY, "{connections}");
    let catalog = Catalog::embedded();
    for (request, outcome) in requests {
        let resource: Resource = request.resource.as_str().parse().unwrap();
        let name = resource.path().rsplit('/').next().unwrap();
        let saved = fs::read(sandbox.path("saved").join(name)).unwrap();
        let is_flag = saved == *catalog.get(resource).unwrap();
        assert_eq!(is_flag, outcome.status == Some(200), "{name}");
    }
}

#[rstest]
fn client_counts_what_was_not_answered(
    #[values(
        requests_sequential,
        requests_threads,
        httpx,
        aiohttp,
        node,
        curl,
        go,
        reqwest,
        ureq
    )]
    client: fn() -> Client,
) {
    let server = server_with("1ms", "cut:50%@20%");
    let Some((_, output)) = run(&client(), &server) else {
        return;
    };
    let (ledger, _) = finish(server);
    assert_eq!(ledger.requests, 20);
    let answered = 20 - ledger.ended_by_fault;
    assert_ne!(answered, 20);
    output.assert_code(1);
    assert_eq!(output.stdout, format!("{answered} of 20 answered\n"));
}

/// Runs a client for twenty flags; `None` if its library is missing.
fn run(client: &Client, server: &BlockingServer) -> Option<(Sandbox, CommandOutput)> {
    let is_there = if client.is_installed {
        tools::is_installed
    } else {
        tools::is_there
    };
    if !is_there(client.command, client.needed) {
        return None;
    }
    let sandbox = Sandbox::new();
    let root = server.url();
    let flags = populous::TOP_20.map(|code| Resource::Flag(code).path());
    let urls: String = flags
        .map(|path| format!("{}{path}\n", root.trim_end_matches('/')))
        .concat();
    fs::write(sandbox.path("files"), urls).unwrap();
    fs::create_dir(sandbox.path("saved")).unwrap();
    let words: Vec<_> = client.command.split(' ').collect();
    let mut command = Command::new(words[0]);
    let command = command.args(&words[1..]).arg(sandbox.path("files"));
    let command = command
        .arg(CONCURRENCY.to_string())
        .arg(sandbox.path("saved"));
    let command = command
        .env("PATH", tools::path())
        .env("http_proxy", "http://127.0.0.1:9");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clients");
    let output = command.current_dir(folder).output().unwrap().into();
    Some((sandbox, output))
}
