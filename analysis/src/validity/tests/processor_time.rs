//! Processor time that client or server lacked: lost to others, or used up by themselves.

use super::*;

#[test]
fn lost_processor_time_is_suspect_and_much_is_invalid() {
    let lost = |change: fn(&mut LostWall)| {
        move |cell: &mut ObservedCell| {
            let mut lost = LostWall {
                wall: 20_000 * MS,
                ..LostWall::default()
            };
            change(&mut lost);
            cell.strategies[1].lost = Some(lost);
        }
    };
    assert_suspect(
        lost(|lost| lost.displaced = 600 * MS),
        "processor_lost",
        "async lost 600 ms of 20.0 s waiting for a processor, because other programs ran; stop them or use a machine with \
         more processors",
    );
    assert_invalid(
        lost(|lost| lost.stopped = 4200 * MS),
        "processor_lost",
        "async lost 4.20 s of 20.0 s while its process was stopped; do not stop it (SIGSTOP, a debugger, a frozen cgroup, \
         a paused virtual machine)",
    );
    assert_suspect(
        lost(|lost| (lost.stolen, lost.displaced) = (800 * MS, 700 * MS)),
        "processor_lost",
        "async lost 1.50 s of 20.0 s waiting for a processor, because the hypervisor ran other virtual machines; use a \
         machine of your own",
    );
    assert_suspect(
        lost(|lost| lost.throttled = 800 * MS),
        "processor_lost",
        "async lost 800 ms of 20.0 s waiting for a processor, because its cgroup had used its CPU quota; raise the quota \
         (`cpu.max`)",
    );
}

#[test]
fn response_excess_is_evidence_only_without_the_scheduler() {
    let excess = |cell: &mut ObservedCell| {
        cell.strategies[1].excess = vec![
            ResponseExcess {
                mean: 6 * MS,
                usual: MS / 5,
                service_time: 56 * MS,
            };
            20
        ];
    };
    let mut known = clean();
    excess(&mut known);
    assert_eq!(validity(&known), Validity::Valid);
    let unknown = |cell: &mut ObservedCell| {
        excess(cell);
        cell.strategies[1].lost = None;
    };
    assert_suspect(
        unknown,
        "response_excess",
        "the responses to async took 6.00 ms longer than the server says, of 56.0 ms in the mean, beyond 200 µs (the 10th \
         percentile of each run, as the measurement overhead was not measured): the client may have waited for a \
         processor; run on an idle machine",
    );
}

#[test]
fn what_the_system_does_not_report_is_said_and_not_suspect() {
    let mut cell = clean();
    cell.strategies[1].lost = None;
    cell.strategies[1].has_server_timing = false;
    let verdict = Verdict::for_cell(&cell);
    assert_eq!(verdict.validity, Validity::Valid);
    assert_eq!(
        verdict.unchecked,
        [
            "lost processor time: the system does not report how long threads wait for a processor",
            "lateness of the server: it reports no delays"
        ]
    );
    assert_eq!(Verdict::for_cell(&clean()).unchecked, [""; 0]);
}

#[test]
fn saturated_client_is_suspect() {
    let message = "async used 95% of its 2 cores: the client itself was the bottleneck; lower the concurrency or use longer delays";
    let busy = |cores, share| {
        move |cell: &mut ObservedCell| {
            let wall: Duration = cell.strategies[1].walls.iter().sum();
            cell.strategies[1].cores = cores;
            cell.strategies[1].cpu = Some(wall.mul_f64(share));
            cell.strategies[1].server_cpu = None;
        }
    };
    assert_suspect(busy(2, 1.9), "client_saturated", message);
    let mut spare = clean();
    busy(2, 1.79)(&mut spare);
    assert_eq!(validity(&spare), Validity::Valid);
}

/// Neither the client nor the server saturates its core.
#[test]
fn saturated_machine_is_suspect() {
    let both = |server: f64| {
        move |cell: &mut ObservedCell| {
            let wall: Duration = cell.strategies[1].walls.iter().sum();
            cell.strategies[1].cpu = Some(wall.mul_f64(0.76));
            cell.strategies[1].server_cpu = Some(wall.mul_f64(server));
        }
    };
    assert_suspect(
        both(0.76),
        "machine_saturated",
        "async and the server used 76% of the machine's 2 cores and disturbed each other; lower the concurrency or use longer delays",
    );
    let mut spare = clean();
    both(0.6)(&mut spare);
    assert_eq!(validity(&spare), Validity::Valid);
    let mut alone = clean();
    both(0.76)(&mut alone);
    alone.strategies[1].server_cpu = None;
    assert_eq!(validity(&alone), Validity::Valid, "external server");
}
