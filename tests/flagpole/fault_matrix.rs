//! The server's whole fault family against every strategy and every transport: what each fault comes to,
//! and what lies in the folder then.

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{
    Combo, FolderContents, at_once, codes, files, in_every_way, lanes, sizes, true_flags, truth,
};
use crate::servers::mock;
use flagpole_client::policy::{Policy, RedirectPolicy, Timeouts};
use flagpole_client::{DownloadDir, Endpoint, Run, Workload};
use flagpole_protocol::{AttemptRecord, OutcomeClass};
use flagpole_server::FaultSpec;
use flagpole_server::fate::fault::FAMILY;
use std::collections::BTreeSet;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);

/// Three flags of different sizes, none below 700 bytes; and one, where each takes until a timeout.
const THREE: &str = "BR JP US";
const ONE: &str = "BR";

/// For what never takes long.
const PATIENT: Timeouts = Timeouts {
    connect: None,
    first_byte: None,
    total: Some(Duration::from_secs(20)),
};

/// Struck while the head is awaited, long before the whole time is over.
const FIRST_BYTE: Timeouts = Timeouts {
    connect: None,
    first_byte: Some(Duration::from_millis(200)),
    total: Some(Duration::from_secs(20)),
};

/// The first byte comes in time, the last one does not: long enough that the machine is not to blame.
const WHOLE: Timeouts = Timeouts {
    connect: None,
    first_byte: Some(Duration::from_millis(1200)),
    total: Some(Duration::from_millis(1500)),
};

/// What a fault, which strikes every request, comes to.
struct FaultCase {
    fault: &'static str,
    ends: ExpectedOutcome,
    timeouts: Timeouts,
    /// RedirectPolicy that are followed.
    follows: u32,
    reuses: bool,
}

/// How every download ends.
struct ExpectedOutcome {
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
    /// RedirectPolicy that were followed before.
    hops: usize,
}

/// How much of a body arrives.
enum ExpectedBytes {
    Exactly(u64),
    Percent(u64),
    /// Some of it, but not all.
    Part,
}

const NOTHING: ExpectedBytes = ExpectedBytes::Exactly(0);
const ALL: ExpectedBytes = ExpectedBytes::Percent(100);

const fn row(
    fault: &'static str,
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
) -> FaultCase {
    FaultCase {
        fault,
        ends: ExpectedOutcome {
            label,
            class,
            status,
            bytes,
            hops: 0,
        },
        timeouts: PATIENT,
        follows: 5,
        reuses: true,
    }
}

const fn ok(fault: &'static str) -> FaultCase {
    row(fault, "ok", OutcomeClass::Ok, Some(200), ALL)
}

/// An answer with another status, its name as the body.
const fn status(fault: &'static str, label: &'static str, status: u16, bytes: u64) -> FaultCase {
    row(
        fault,
        label,
        OutcomeClass::Error,
        Some(status),
        ExpectedBytes::Exactly(bytes),
    )
}

/// No whole answer, but a head.
const fn broken(fault: &'static str, label: &'static str, bytes: ExpectedBytes) -> FaultCase {
    row(fault, label, OutcomeClass::Error, Some(200), bytes)
}

/// No answer at all.
const fn none(fault: &'static str, label: &'static str) -> FaultCase {
    row(fault, label, OutcomeClass::Error, None, NOTHING)
}

impl FaultCase {
    const fn within(mut self, timeouts: Timeouts) -> FaultCase {
        self.timeouts = timeouts;
        self
    }

    const fn hops(mut self, hops: usize) -> FaultCase {
        self.ends.hops = hops;
        self
    }

    const fn following(mut self, follows: u32) -> FaultCase {
        self.follows = follows;
        self
    }

    /// On a connection for each request: what ends the connection behind a whole answer strikes the next
    /// request, or does not, as chance has it.
    const fn alone(mut self) -> FaultCase {
        self.reuses = false;
        self
    }
}

/// Every fault, in each of the forms in which it ends differently.
const TABLE: &[FaultCase] = &[
    // A status.
    row(
        "404",
        "not_found",
        OutcomeClass::NotFound,
        Some(404),
        ExpectedBytes::Exactly(14),
    ),
    status("500", "http_500", 500, 26),
    status("503,retry-after=2s", "http_503", 503, 24),
    status("429,retry-after=1h", "http_429", 429, 22),
    status("418,reason=Short,body=stout", "http_418", 418, 6),
    // As good as a flag, but for its body.
    status("200", "corrupt", 200, 7),
    status("200,body=GIF89a", "corrupt", 200, 7),
    status("204", "http_204", 204, 0),
    status("205", "http_205", 205, 0),
    status("206", "http_206", 206, 20),
    status("304", "http_304", 304, 0),
    // No `Location`, thus not to be followed.
    status("302", "http_302", 302, 10),
    status("300", "http_300", 300, 21),
    status("401", "http_401", 401, 17),
    status("407", "http_407", 407, 34),
    status("408", "http_408", 408, 20),
    status("410", "http_410", 410, 9),
    status("416", "http_416", 416, 26),
    status("599", "http_599", 599, 26),
    status("999", "http_999", 999, 26),
    // A reset.
    none("reset", "connection_reset"),
    broken("reset:0", "connection_reset", NOTHING),
    broken("reset:700", "connection_reset", ExpectedBytes::Exactly(700)),
    broken("reset:50%", "connection_reset", ExpectedBytes::Percent(50)),
    ok("reset:100%").alone(),
    // A cut.
    broken("cut:0", "incomplete_body", NOTHING),
    broken("cut:700", "incomplete_body", ExpectedBytes::Exactly(700)),
    broken("cut:50%", "incomplete_body", ExpectedBytes::Percent(50)),
    ok("cut:100%").alone(),
    none("empty", "empty_reply"),
    // Silence.
    none("hang", "timeout_first_byte").within(FIRST_BYTE),
    none("hang:for=1h", "timeout_first_byte").within(FIRST_BYTE),
    none("hang", "timeout").within(Timeouts {
        first_byte: None,
        ..WHOLE
    }),
    broken("hang:0", "timeout", NOTHING).within(WHOLE),
    broken("hang:700", "timeout", ExpectedBytes::Exactly(700)).within(WHOLE),
    broken("hang:50%", "timeout", ExpectedBytes::Percent(50)).within(WHOLE),
    ok("hang:100%").alone(),
    ok("hang:for=20ms"),
    ok("hang:700,for=20ms"),
    // Slow.
    ok("trickle:10000000"),
    broken("trickle:100", "timeout", ExpectedBytes::Part).within(WHOLE),
    ok("dribble:5,20ms"),
    broken("dribble:5,1h", "timeout", ExpectedBytes::Part).within(WHOLE),
    ok("slow-head:20ms"),
    // Its first byte comes soon, its last not in time.
    none("slow-head:10s", "timeout").within(WHOLE),
    none("slow-head:3h", "timeout_first_byte").within(FIRST_BYTE),
    // Wrong.
    broken("corrupt", "corrupt", ALL),
    broken("corrupt:3", "corrupt", ALL),
    broken("corrupt:1000", "corrupt", ALL),
    none("garbage", "protocol_error"),
    // Elsewhere.
    status("redirect", "too_many_redirects", 302, 10).hops(5),
    status("redirect", "http_302", 302, 10).following(0),
    ok("redirect:3").hops(3),
    ok("redirect:5").hops(5),
    status("redirect:6", "too_many_redirects", 302, 10).hops(5),
    ok("redirect:1").hops(1).following(1),
];

/// The member of the family that a specification names.
fn member(fault: &str) -> &str {
    let name = fault.split(':').next().unwrap();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        "status"
    } else {
        name
    }
}

#[test]
fn every_fault_of_the_family_has_a_row() {
    let known: BTreeSet<_> = FAMILY.iter().map(|fault| fault.name).collect();
    let rows: BTreeSet<_> = TABLE.iter().map(|row| member(row.fault)).collect();
    assert_eq!(rows, known, "a row in TABLE says what a fault comes to");
}

#[test]
fn every_fault_comes_to_what_the_table_says() {
    for rows in TABLE.chunks(9) {
        at_once(rows.iter().map(|row| || assert_row(row)));
    }
}

fn assert_row(row: &FaultCase) {
    row.fault.parse::<FaultSpec>().unwrap();
    let server = mock("0", row.fault);
    let endpoint = Endpoint::from(server.addr());
    let plan = Workload::flags(codes(row.codes()));
    let runs: Vec<(TestRun, FolderContents)> = in_every_way(|way| {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let run = Run::new(&plan, &endpoint).concurrency(lanes(3));
        let run = run.policy(row.policy()).destination(&destination);
        ((way, way.measure(run)), files(folder.path()))
    });
    let (runs, folders): (Vec<TestRun>, Vec<FolderContents>) = runs.into_iter().unzip();
    for ((way, run), files) in runs.iter().zip(&folders) {
        row.assert_records(*way, &run.records);
        row.assert_files(*way, files);
    }
    assert_agree(&runs, &server.shutdown(GRACE));
}

impl FaultCase {
    fn codes(&self) -> &'static str {
        let is_patient = self.timeouts == PATIENT;
        if is_patient { THREE } else { ONE }
    }

    fn policy(&self) -> Policy {
        Policy {
            timeouts: self.timeouts,
            redirects: RedirectPolicy { max: self.follows },
            reuse: self.reuses,
            ..Policy::default()
        }
    }

    fn assert_records(&self, way: Combo, records: &[AttemptRecord]) {
        let (fault, way, ends) = (self.fault, way.name(), &self.ends);
        let (deciding, steps): (Vec<_>, Vec<_>) =
            records.iter().partition(|record| record.is_final);
        let count = codes(self.codes()).len();
        let counts = (deciding.len(), steps.len());
        assert_eq!(counts, (count, count * ends.hops), "{fault}, {way}");
        for step in steps {
            let told = (&*step.outcome.label(), step.status);
            assert_eq!(told, ("redirected", Some(302)), "{fault}, {way}");
        }
        for record in deciding {
            let told = (
                &*record.outcome.label(),
                record.outcome.class(),
                record.status,
            );
            let expected = (ends.label, ends.class, ends.status);
            assert_eq!(told, expected, "{fault}, {way}: {}", record.outcome);
            let whole = truth(record.resource).len() as u64;
            let is_right = match ends.bytes {
                ExpectedBytes::Exactly(bytes) => record.bytes == bytes,
                ExpectedBytes::Percent(share) => record.bytes == whole * share / 100,
                ExpectedBytes::Part => (1..whole).contains(&record.bytes),
            };
            assert!(
                is_right,
                "{fault}, {way}: {} bytes of {whole}",
                record.bytes
            );
        }
    }

    fn assert_files(&self, way: Combo, files: &FolderContents) {
        let expected = match self.ends.class {
            OutcomeClass::Ok => true_flags(self.codes()),
            OutcomeClass::NotFound | OutcomeClass::Error | OutcomeClass::Intermediate => {
                FolderContents::new()
            }
        };
        let (got, wanted) = (sizes(files), sizes(&expected));
        assert!(
            *files == expected,
            "{}, {}: {got:?}, not {wanted:?}",
            self.fault,
            way.name()
        );
    }
}
