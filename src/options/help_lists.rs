//! Lists of strategies, transports, latencies and faults for `after_help`.

use flagpole_client::{strategy, transport};
use flagpole_server::fate::{fault, latency};

pub(crate) fn transports() -> String {
    let all = transport::ALL.iter();
    let lines = all.map(|one| format!("  {:<20} {}\n", one.name(), one.about()));
    format!("Transports:\n{}", lines.collect::<String>())
}

pub(crate) fn strategies() -> String {
    let all = strategy::ALL.iter();
    let lines = all.map(|one| format!("  {:<20} {}\n", one.name(), one.about()));
    format!("Strategies:\n{}", lines.collect::<String>())
}

pub(crate) fn latencies_and_faults() -> String {
    let line = |name, about, example: &str| format!("  {name:<12} {about} (`{example}`)\n");
    let latencies = latency::FAMILY.iter();
    let latencies = latencies.map(|member| line(member.name, member.about, member.example));
    let faults = fault::FAMILY.iter();
    let faults =
        faults.map(|member| line(member.name, member.about, &format!("{}@5%", member.example)));
    format!(
        "Latencies:\n{}\nFaults (append @PERCENT; default 100%):\n{}",
        latencies.collect::<String>(),
        faults.collect::<String>()
    )
}
