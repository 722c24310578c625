//! Every fault against every strategy and transport: the outcome, the records, the saved files, and the ledger.

mod case;
mod one_by_one;
mod table;

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{FolderContents, codes, concurrency, files, in_parallel, with_every_combo};
use crate::servers::{finish, server_with};
use case::{FaultCase, THREE};
use flagpole_client::{DownloadDir, Endpoint, Run, Workload};
use flagpole_server::FaultSpec;
use flagpole_server::fate::fault::FAMILY;
use one_by_one::assert_one_by_one;
use std::collections::BTreeSet;
use table::TABLE;

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
        let run = run
            .policy(case.policy())
            .body_limit(case.body_limit)
            .destination(&destination);
        ((combo, combo.measure(run)), files(folder.path()))
    });
    let (runs, folders): (Vec<TestRun>, Vec<FolderContents>) = runs.into_iter().unzip();
    for ((combo, run), files) in runs.iter().zip(&folders) {
        case.assert_records(*combo, &run.records);
        case.assert_files(*combo, files);
    }
    let finished = finish(server);
    assert_agree(&runs, &finished);
    assert_one_by_one(case, &runs, &finished);
}
