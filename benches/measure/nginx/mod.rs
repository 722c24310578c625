//! The server beside nginx, without latency: requests per second and processor time per request through 64 keep-alive
//! connections of wrk, on the same machine. The servers take turns of one second, because the kernel distributes
//! connections over workers by chance, and the speed of the machine varies.
//!
//! nginx is tuned: one worker per core, `reuseport`, no log, cached open files; once with `sendfile` and once without,
//! because which of them is faster depends on the length of the body.
//!
//! Environment variables: `ROUNDS`, `SECONDS` of each round and server, and `FLAGPOLE`, another binary to measure.

mod comparison;
mod nginx_process;

use crate::common::rounds;
use crate::contender::{self, Contender};
use crate::serve_process::ServeProcess;
use comparison::compare;
use nginx_process::NginxProcess;
use std::process::Command;

/// Rounds; with 7, the 95% confidence interval of a median is the whole range.
const ROUNDS: usize = 7;

/// Bodies of 11,059 and of 121 bytes.
const PATHS: [&str; 2] = ["/flags/br/br.gif", "/flags/br/metadata.json"];

/// Measures and prints.
pub(crate) fn print() {
    let is_missing = |name: &&str| Command::new(name).arg("-v").output().is_err();
    if let Some(missing) = ["nginx", "wrk"].into_iter().find(is_missing) {
        println!("skipped: {missing} is not installed");
        return;
    }
    let flagpole = ServeProcess::start("");
    let nginx = ["off", "on"].map(NginxProcess::start);
    for path in PATHS {
        let address = flagpole.endpoint.addresses()[0];
        let mut contenders = [
            Contender::new("flagpole", address, flagpole.id()),
            Contender::new("nginx, sendfile off", nginx[0].address, nginx[0].id()),
            Contender::new("nginx, sendfile on", nginx[1].address, nginx[1].id()),
        ];
        contender::measure(path, &mut contenders, rounds(ROUNDS));
        compare(&contenders);
    }
}
