//! Every policy under every strategy and transport, against a server whose journal says what happened.

mod circuit_breaker;
mod connections;
mod hedges;
mod retries;
mod retry_numbers;

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{concurrency, with_every_combo};
use crate::servers::finish;
use flagpole_client::policy::{Policy, Retry};
use flagpole_client::{Endpoint, Run, Workload};
use flagpole_protocol::{AttemptRecord, Ledger, MeasuredRun};
use flagpole_server::{BlockingServer, Rule};
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);
const MS: Duration = Duration::from_millis(1);

/// A policy of at most `attempts` tries with short backoffs.
fn tries(attempts: u32) -> Policy {
    Policy {
        retry: Retry {
            max_attempts: attempts,
            base_delay: MS,
            max_delay: 4 * MS,
            seed: 7,
            ..Retry::default()
        },
        ..Policy::default()
    }
}

fn server_with_rule(rule: Rule) -> BlockingServer {
    let builder = BlockingServer::builder()
        .journal_capacity(100_000)
        .rule(rule);
    builder.start().unwrap()
}

/// Runs every combo under this policy, and checks the records against the ledger.
fn run_all(policy: &Policy, workload: &Workload, server: BlockingServer) -> (Vec<TestRun>, Ledger) {
    let endpoint = Endpoint::from(server.addr());
    let runs = with_every_combo(|combo| {
        let run = Run::new(workload, &endpoint).concurrency(concurrency(4));
        (combo, combo.measure(run.policy(policy.clone())))
    });
    let finished = finish(server);
    assert_agree(&runs, &finished);
    let (ledger, _) = finished;
    (runs, ledger)
}

/// The attempts of each download, in order.
fn by_download(run: &MeasuredRun) -> Vec<Vec<&AttemptRecord>> {
    let count = run.records.iter().map(|record| record.download).max();
    let mut downloads = vec![Vec::new(); count.unwrap()];
    for record in &run.records {
        downloads[record.download - 1].push(record);
    }
    for attempts in &mut downloads {
        attempts.sort_by_key(|record| record.attempt);
    }
    downloads
}

fn labels(records: &[&AttemptRecord]) -> Vec<String> {
    let label = |record: &&AttemptRecord| record.outcome.label().into_owned();
    records.iter().map(label).collect()
}
