//! Every call that `flagpole ctl` can make is one that the control plane describes.

use super::{CtlArgs, CtlCommand};
use crate::control_client::ControlClient;
use crate::control_client::call::ControlCall;
use clap::{Args as _, Command, FromArgMatches as _};
use flagpole_protocol::ControlOperation;
use flagpole_server::{BlockingServer, ControlPlane};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Command lines that use every option.
const LINES: [&str; 11] = [
    "profile",
    "profile --format json",
    "profile --set clean",
    r#"profile --patch {"seed":7} --listener LOCAL --format json"#,
    "reset",
    "reset --listener LOCAL --drain 1s --format json",
    "ledger --listener LOCAL --format json",
    "journal --listener a --run a --method GET --path /a --status 503 --fault 503 --rule listener --cause delay --event end \
     --since 3 --limit 7 --wait 1 --timeout 3s",
    "journal --follow",
    "verify --method GET --path /a --query a --run a --n 3..6 --listener a --status 503 --fault 503 --end completed --field \
     a=b --no-field c --count 3",
    "verify --min 1 --max 3",
];

fn ctl() -> Command {
    CtlArgs::augment_args(Command::new("ctl"))
}

fn call(line: &str) -> ControlCall {
    let words = ["ctl"].into_iter().chain(line.split_whitespace());
    let matches = ctl().try_get_matches_from(words).unwrap();
    match CtlArgs::from_arg_matches(&matches).unwrap().command {
        CtlCommand::Profile(args) => args.call().unwrap(),
        CtlCommand::Reset(args) => args.call(),
        CtlCommand::Ledger(args) => args.call(),
        CtlCommand::Journal(args) => args.call(),
        CtlCommand::Verify(args) => args.call().unwrap(),
    }
}

/// The document that a control plane has of itself.
fn openapi() -> Value {
    let server = BlockingServer::builder().start().unwrap();
    let control = ControlPlane::builder([server.control()]).start().unwrap();
    let client = ControlClient::new(control.url().parse().unwrap());
    let call = ControlCall::new(ControlOperation::ReadOpenApi);
    let text = client.call(&call, Duration::from_secs(60)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_call_is_described_by_the_openapi_document() {
    let document = openapi();
    for line in LINES {
        let call = call(line);
        let method = call.operation.method().as_str().to_ascii_lowercase();
        let described = &document["paths"][call.operation.path()][&method];
        let parameters = described["parameters"].as_array();
        let parameters: BTreeSet<_> = parameters
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        for (name, _) in &call.query {
            assert!(parameters.contains(name), "{line}: {name}");
        }
        let body = &described["requestBody"]["content"];
        match &call.body {
            Some((media_type, _)) => assert!(body.get(media_type).is_some(), "{line}: {body}"),
            None => assert!(body.is_null(), "{line}: {body}"),
        }
        let answers = &described["responses"]["200"]["content"];
        assert!(answers.get(call.answer).is_some(), "{line}: {answers}");
    }
}

#[test]
fn the_lines_above_use_every_option() {
    let used: BTreeSet<_> = LINES
        .iter()
        .flat_map(|line| line.split_whitespace())
        .collect();
    for command in ctl().get_subcommands() {
        for option in command.get_arguments().filter_map(clap::Arg::get_long) {
            // The address is no part of a call; a file is sent as it is.
            let is_sent = !["control", "file", "help"].contains(&option);
            let name = format!("--{option}");
            assert!(!is_sent || used.contains(name.as_str()), "{name}");
        }
    }
}

#[test]
fn journal_has_an_option_for_every_parameter() {
    let operation = ControlOperation::ReadJournal;
    let journal = ctl();
    let journal = journal.find_subcommand("journal").unwrap();
    let options: BTreeSet<_> = journal
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .collect();
    for parameter in operation.parameters() {
        assert!(options.contains(parameter.name), "{}", parameter.name);
    }
}
