//! Reuse of connections.

use super::{GRACE, server_with_rule};
use crate::combos::{concurrency, with_every_combo};
use flagpole_client::policy::Policy;
use flagpole_client::{Endpoint, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_server::Rule;

#[test]
fn reuse_bounds_the_number_of_connections() {
    let workload = Workload::flags(populous::TOP_20);
    with_every_combo(|combo| {
        for reuse in [true, false] {
            let server = server_with_rule(Rule::default());
            let endpoint = Endpoint::from(server.addr());
            let policy = Policy {
                reuse,
                ..Policy::default()
            };
            let run = Run::new(&workload, &endpoint).concurrency(concurrency(4));
            let run = combo.measure(run.policy(policy));
            let ledger = server.shutdown(GRACE);
            let reused = run
                .records
                .iter()
                .filter(|record| record.reused_connection)
                .count() as u64;
            assert_eq!(ledger.connections + reused, 20, "{}", combo.name());
            if reuse {
                assert!((1..=4).contains(&ledger.connections), "{}", combo.name());
            } else {
                assert_eq!(ledger.connections, 20, "{}", combo.name());
            }
            assert_eq!((run.stats.ok, ledger.completed), (20, 20));
        }
    });
}
