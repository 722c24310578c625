//! Clients that did not get their processor, and clients that used it up.

use crate::comparison::comparison;
use crate::response::after;
use crate::run::Run;
use flagpole_analysis::validity::LostTime;

/// Stopped for 60 ms once or twice in a run of 250 ms.
#[test]
fn stopped_client_is_invalid() {
    let stopped = comparison().all(|run| run.wall(300).lost(|lost| lost.stopped_us = Some(75_000)));
    let result = stopped.result().assert_invalid(&["processor_lost"]);
    result.assert_message(
        "threads lost 750 ms of 3.00 s while its process was stopped; do not stop it",
    );
}

/// A client of low priority beside three busy programs: it could run for half of its time and did not.
#[test]
fn starved_client_is_invalid() {
    let starved = |lost: &mut LostTime| {
        (lost.run_queue_us, lost.thread_time_us) = (Some(210_000), Some(412_000));
        (lost.other_cpu_us, lost.capacity_us) = (Some(780_000), Some(824_000));
    };
    let result = comparison().all(|run| run.wall(412).lost(starved)).result();
    let result = result.assert_invalid(&["processor_lost"]);
    result.assert_message("waiting for a processor, because other programs ran; stop them");
}

#[test]
fn client_that_waited_because_others_used_half_of_the_machine_is_suspect() {
    let waited = |run: Run| {
        run.lost(|lost| (lost.run_queue_us, lost.other_cpu_us) = (Some(30_000), Some(200_000)))
    };
    let result = comparison().only("async", waited).result();
    result
        .assert_suspect(&["processor_lost"])
        .assert_message("async lost ")
        .assert_limit("concurrency");
}

/// A thousand threads of a strategy wait for each other: that is what the strategy costs.
#[test]
fn threads_that_wait_for_each_other_are_valid() {
    let crowded = |lost: &mut LostTime| {
        (lost.run_queue_us, lost.thread_time_us) = (Some(90_000_000), Some(250_000_000));
    };
    let crowded = comparison().only("threads", |run| run.threads(1000).lost(crowded));
    crowded.result().assert_valid();
}

#[test]
fn stolen_time_is_suspect_and_named() {
    let stolen = |lost: &mut LostTime| {
        (lost.run_queue_us, lost.steal_us) = (Some(30_000), Some(120_000));
    };
    let result = comparison().all(|run| run.lost(stolen)).result();
    result
        .assert_suspect(&["processor_lost"])
        .assert_message("the hypervisor ran other virtual machines");
}

#[test]
fn throttled_client_is_invalid() {
    let throttled = |lost: &mut LostTime| {
        (lost.run_queue_us, lost.throttled_us) = (Some(80_000), Some(60_000));
    };
    let result = comparison().all(|run| run.lost(throttled)).result();
    result
        .assert_invalid(&["processor_lost"])
        .assert_message("its cgroup had used its CPU quota");
}

/// The server is starved, and not yet late.
#[test]
fn server_that_waited_for_a_processor_is_suspect() {
    let waited = |lost: &mut LostTime| {
        (lost.server_run_queue_us, lost.other_cpu_us) = (Some(20_000), Some(400_000));
    };
    comparison()
        .all(|run| run.lost(waited))
        .result()
        .assert_suspect(&["processor_lost"]);
}

#[test]
fn loss_that_the_system_does_not_report_is_not_checked() {
    let unknown = comparison().all(|run| run.lost(|lost| *lost = LostTime::default()));
    unknown
        .result()
        .assert_valid()
        .assert_unchecked("lost processor time");
}

/// Where the scheduler says nothing, first bytes do that arrive later than the server reports.
#[test]
fn excess_over_the_server_s_time_is_suspect_where_the_loss_is_unknown() {
    let stalled = |run: Run| {
        run.responses(10, after(50))
            .and(10, after(50).unreported(15))
            .lost(|lost| *lost = LostTime::default())
    };
    let result = comparison().only("async", stalled).result();
    result
        .assert_suspect(&["response_excess"])
        .assert_message("the 10th percentile of each run");
}

/// A request on a connection that is silent after the response before waits for the server, not for a processor.
#[test]
fn planned_pauses_are_no_excess() {
    let paused = comparison().all(|run| {
        run.responses(30, after(30).pause(200))
            .lost(|lost| *lost = LostTime::default())
    });
    let result = paused.result().assert_valid();
    result.assert_limit("connection_pauses");
}

#[test]
fn client_without_cpu_time_to_spare_is_suspect() {
    let busy = comparison().only("async", |run| run.responses(20, after(1)).client_cpu(0.97));
    let idle = busy.only("threads", |run| run.responses(20, after(1)));
    let result = idle.result().assert_suspect(&["client_saturated"]);
    result.assert_limit_of("async", "client_cpu");
}

#[test]
fn client_and_server_that_share_a_busy_machine_are_suspect() {
    let busy = comparison().all(|run| run.client_cpu(0.8).server_cpu(0.8));
    busy.result().assert_suspect(&["machine_saturated"]);
}

#[test]
fn wall_time_that_nothing_explains_is_overhead() {
    let slow = comparison().all(|run| run.responses(200, after(0)).concurrency(1).without_reuse());
    slow.result().assert_valid().assert_limit("overhead");
}

/// One core is busy, which the strategy with one thread cannot exceed, and the other strategy can.
#[test]
fn cpu_time_counts_per_core_that_a_strategy_can_use() {
    let busy = comparison()
        .all(|run| run.client_cpu(1.2))
        .only("threads", |run| run.threads(5));
    let result = busy.result().assert_suspect(&["client_saturated"]);
    result.assert_message("async used 120% of its 1 core");
}
