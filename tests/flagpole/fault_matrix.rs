//! Every fault against every combo: the outcome, the records and the saved files.

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{
    Combo, FolderContents, codes, concurrency, expected_flags, files, in_parallel, original_body,
    sizes, with_every_combo,
};
use crate::servers::{finish, server_with};
use flagpole_client::policy::{Policy, Timeouts};
use flagpole_client::{DownloadDir, Endpoint, Run, Workload};
use flagpole_protocol::{AttemptRecord, OutcomeClass};
use flagpole_server::FaultSpec;
use flagpole_server::fate::fault::FAMILY;
use std::collections::BTreeSet;
use std::time::Duration;

/// Each flag has more than 700 bytes.
const THREE: &str = "BR JP US";
const ONE: &str = "BR";

/// Timeouts that must not expire.
const LONG_TIMEOUTS: Timeouts = Timeouts {
    total: Some(Duration::from_secs(60)),
    ..Timeouts::NONE
};

/// The first-byte timeout expires long before the total timeout.
const SHORT_FIRST_BYTE: Timeouts = Timeouts {
    first_byte: Some(Duration::from_millis(200)),
    ..LONG_TIMEOUTS
};

/// The first byte arrives in time, the last one does not.
const SHORT_TOTAL: Timeouts = Timeouts {
    first_byte: Some(Duration::from_millis(1900)),
    total: Some(Duration::from_secs(2)),
    ..Timeouts::NONE
};

/// A fault injected into every response, and what must follow.
struct FaultCase {
    fault: &'static str,
    expected: ExpectedOutcome,
    timeouts: Timeouts,
    max_redirects: u32,
    reuse: bool,
}

struct ExpectedOutcome {
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
    /// Redirects followed before.
    after_redirects: usize,
}

enum ExpectedBytes {
    Exactly(u64),
    Percent(u64),
    /// More than nothing, less than all.
    Part,
}

const NO_BYTES: ExpectedBytes = ExpectedBytes::Exactly(0);
const ALL_BYTES: ExpectedBytes = ExpectedBytes::Percent(100);

const fn case(
    fault: &'static str,
    label: &'static str,
    class: OutcomeClass,
    status: Option<u16>,
    bytes: ExpectedBytes,
) -> FaultCase {
    FaultCase {
        fault,
        expected: ExpectedOutcome {
            label,
            class,
            status,
            bytes,
            after_redirects: 0,
        },
        timeouts: LONG_TIMEOUTS,
        max_redirects: 5,
        reuse: true,
    }
}

const fn ok(fault: &'static str) -> FaultCase {
    case(fault, "ok", OutcomeClass::Ok, Some(200), ALL_BYTES)
}

/// A response with another status; the body is its reason phrase.
const fn status(fault: &'static str, label: &'static str, status: u16, bytes: u64) -> FaultCase {
    case(
        fault,
        label,
        OutcomeClass::Error,
        Some(status),
        ExpectedBytes::Exactly(bytes),
    )
}

const fn broken_body(fault: &'static str, label: &'static str, bytes: ExpectedBytes) -> FaultCase {
    case(fault, label, OutcomeClass::Error, Some(200), bytes)
}

const fn no_response(fault: &'static str, label: &'static str) -> FaultCase {
    case(fault, label, OutcomeClass::Error, None, NO_BYTES)
}

impl FaultCase {
    const fn within(mut self, timeouts: Timeouts) -> FaultCase {
        self.timeouts = timeouts;
        self
    }

    const fn after_redirects(mut self, after_redirects: usize) -> FaultCase {
        self.expected.after_redirects = after_redirects;
        self
    }

    const fn max_redirects(mut self, max_redirects: u32) -> FaultCase {
        self.max_redirects = max_redirects;
        self
    }

    /// One connection per request: a connection that ends after a complete response would affect
    /// the next request or not, depending on timing.
    const fn without_reuse(mut self) -> FaultCase {
        self.reuse = false;
        self
    }
}

/// Every fault in each form that has its own outcome.
const TABLE: &[FaultCase] = &[
    case(
        "404",
        "not_found",
        OutcomeClass::NotFound,
        Some(404),
        ExpectedBytes::Exactly(14),
    ),
    status("500", "http_500", 500, 26),
    status("503,retry-after=2s", "http_503", 503, 24),
    status("429,retry-after=1h", "http_429", 429, 22),
    status("418,reason=Short,body=stout", "http_418", 418, 5),
    // A success by its status; only the body is wrong.
    status("200", "corrupt", 200, 7),
    status("200,body=GIF89a", "corrupt", 200, 6),
    status("204", "http_204", 204, 0),
    status("205", "http_205", 205, 0),
    status("206", "http_206", 206, 20),
    status("304", "http_304", 304, 0),
    status("302", "http_302", 302, 10).max_redirects(0),
    // Another origin is not followed.
    status("302,header=Location://192.0.2.1/", "http_302", 302, 10),
    status("300", "http_300", 300, 21),
    status("401", "http_401", 401, 17),
    status("407", "http_407", 407, 34),
    status("408", "http_408", 408, 20),
    status("410", "http_410", 410, 9),
    status("416", "http_416", 416, 26),
    status("599", "http_599", 599, 4),
    status("999", "http_999", 999, 4),
    no_response("reset", "connection_reset"),
    broken_body("reset:0", "connection_reset", NO_BYTES),
    broken_body("reset:700", "connection_reset", ExpectedBytes::Exactly(700)),
    broken_body("reset:50%", "connection_reset", ExpectedBytes::Percent(50)),
    ok("reset:100%").without_reuse(),
    broken_body("cut:0", "incomplete_body", NO_BYTES),
    broken_body("cut:700", "incomplete_body", ExpectedBytes::Exactly(700)),
    broken_body("cut:50%", "incomplete_body", ExpectedBytes::Percent(50)),
    ok("cut:100%").without_reuse(),
    no_response("empty", "empty_reply"),
    no_response("hang", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    no_response("hang:for=1h", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    no_response("hang", "timeout").within(Timeouts {
        first_byte: None,
        ..SHORT_TOTAL
    }),
    broken_body("hang:0", "timeout", NO_BYTES).within(SHORT_TOTAL),
    broken_body("hang:700", "timeout", ExpectedBytes::Exactly(700)).within(SHORT_TOTAL),
    broken_body("hang:50%", "timeout", ExpectedBytes::Percent(50)).within(SHORT_TOTAL),
    ok("hang:100%").without_reuse(),
    ok("hang:for=20ms"),
    ok("hang:700,for=20ms"),
    ok("stall:for=20ms"),
    ok("stall:700,for=20ms"),
    broken_body("stall:700,for=1h", "timeout", ExpectedBytes::Exactly(700)).within(SHORT_TOTAL),
    ok("trickle:10000000"),
    broken_body("trickle:100", "timeout", ExpectedBytes::Part).within(SHORT_TOTAL),
    ok("dribble:5,20ms"),
    broken_body("dribble:5,1h", "timeout", ExpectedBytes::Part).within(SHORT_TOTAL),
    ok("slow-head:20ms"),
    no_response("slow-head:10s", "timeout").within(SHORT_TOTAL),
    no_response("slow-head:3h", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    broken_body("corrupt", "corrupt", ALL_BYTES),
    broken_body("corrupt:3", "corrupt", ALL_BYTES),
    broken_body("corrupt:1000", "corrupt", ALL_BYTES),
    no_response("garbage", "protocol_error"),
    status("redirect", "too_many_redirects", 302, 10).after_redirects(5),
    status("redirect", "http_302", 302, 10).max_redirects(0),
    ok("redirect:3").after_redirects(3),
    ok("redirect:5").after_redirects(5),
    status("redirect:6", "too_many_redirects", 302, 10).after_redirects(5),
    ok("redirect:1").after_redirects(1).max_redirects(1),
    ok("chunked"),
    ok("chunked:10,trailer=X-Checksum:1"),
    broken_body("chunked:truncated", "incomplete_body", ExpectedBytes::Part),
    broken_body("chunked:unterminated", "incomplete_body", ALL_BYTES),
    broken_body(
        "chunked:100,malformed",
        "protocol_error",
        ExpectedBytes::Exactly(100),
    ),
    ok("until-close").without_reuse(),
    broken_body("until-close:700", "corrupt", ExpectedBytes::Exactly(700)),
    broken_body("content-length:+10", "incomplete_body", ALL_BYTES),
    broken_body("content-length:-10", "corrupt", ExpectedBytes::Part).without_reuse(),
    no_response("content-length:double", "protocol_error"),
    ok("interim:103"),
    ok("interim:100,count=1000"),
    ok("stale").without_reuse(),
    ok("stale:next").without_reuse(),
    ok("early-response"),
    ok("slow-upload:1000"),
];

fn member(fault: &str) -> &str {
    let name = fault.split(':').next().unwrap();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        "status"
    } else {
        name
    }
}

#[test]
fn every_fault_has_a_case() {
    let names: BTreeSet<_> = FAMILY.iter().map(|fault| fault.name).collect();
    let cases: BTreeSet<_> = TABLE.iter().map(|case| member(case.fault)).collect();
    assert_eq!(cases, names, "TABLE needs a case for each fault");
}

#[test]
fn every_fault_has_its_expected_outcome() {
    for cases in TABLE.chunks(9) {
        in_parallel(cases.iter().map(|case| || assert_case(case)));
    }
}

#[test]
fn redirect_from_a_flag_to_a_page_saves_nothing() {
    let server = server_with("0", "302");
    let endpoint = Endpoint::from(server.addr());
    let workload = Workload::flags(codes(THREE));
    with_every_combo(|combo| {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let run = Run::new(&workload, &endpoint).destination(&destination);
        let records = combo.measure(run).records;
        let labels: BTreeSet<_> = records
            .iter()
            .map(|record| record.outcome.label())
            .collect();
        assert_eq!(labels, ["corrupt", "redirected"].map(Into::into).into());
        assert_eq!(files(folder.path()), FolderContents::new());
    });
}

fn assert_case(case: &FaultCase) {
    case.fault.parse::<FaultSpec>().unwrap();
    let server = server_with("0", case.fault);
    let endpoint = Endpoint::from(server.addr());
    let workload = Workload::flags(codes(case.codes()));
    let runs: Vec<(TestRun, FolderContents)> = with_every_combo(|combo| {
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let run = Run::new(&workload, &endpoint).concurrency(concurrency(3));
        let run = run.policy(case.policy()).destination(&destination);
        ((combo, combo.measure(run)), files(folder.path()))
    });
    let (runs, folders): (Vec<TestRun>, Vec<FolderContents>) = runs.into_iter().unzip();
    for ((combo, run), files) in runs.iter().zip(&folders) {
        case.assert_records(*combo, &run.records);
        case.assert_files(*combo, files);
    }
    assert_agree(&runs, &finish(server));
}

impl FaultCase {
    fn codes(&self) -> &'static str {
        let is_quick = self.timeouts == LONG_TIMEOUTS;
        if is_quick { THREE } else { ONE }
    }

    fn policy(&self) -> Policy {
        Policy {
            timeouts: self.timeouts,
            max_redirects: self.max_redirects,
            reuse: self.reuse,
            ..Policy::default()
        }
    }

    fn assert_records(&self, combo: Combo, records: &[AttemptRecord]) {
        let (fault, combo, expected) = (self.fault, combo.name(), &self.expected);
        let (finals, hops): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.is_final);
        let count = codes(self.codes()).len();
        let counts = (finals.len(), hops.len());
        assert_eq!(
            counts,
            (count, count * expected.after_redirects),
            "{fault}, {combo}"
        );
        for hop in hops {
            let result = (&*hop.outcome.label(), hop.status);
            assert_eq!(result, ("redirected", Some(302)), "{fault}, {combo}");
        }
        for record in finals {
            let result = (
                &*record.outcome.label(),
                record.outcome.class(),
                record.status,
            );
            let expected_result = (expected.label, expected.class, expected.status);
            assert_eq!(
                result, expected_result,
                "{fault}, {combo}: {}",
                record.outcome
            );
            let length = original_body(record.resource).len() as u64;
            let matches = match expected.bytes {
                ExpectedBytes::Exactly(bytes) => record.bytes == bytes,
                ExpectedBytes::Percent(share) => record.bytes == length * share / 100,
                ExpectedBytes::Part => (1..length).contains(&record.bytes),
            };
            assert!(
                matches,
                "{fault}, {combo}: {} bytes of {length}",
                record.bytes
            );
        }
    }

    fn assert_files(&self, combo: Combo, files: &FolderContents) {
        let expected = match self.expected.class {
            OutcomeClass::Ok => expected_flags(self.codes()),
            OutcomeClass::NotFound | OutcomeClass::Error | OutcomeClass::Intermediate => {
                FolderContents::new()
            }
        };
        let (got, wanted) = (sizes(files), sizes(&expected));
        assert!(
            *files == expected,
            "{}, {}: {got:?}, not {wanted:?}",
            self.fault,
            combo.name()
        );
    }
}
