//! What is done because time has passed.

use super::action::{Action, Outgoing};
use super::event::Situation;
use super::machine::WorkerMachine;
use super::phase::WorkerPhase;
use crate::worker::messages::ReportedState;
use flagpole_protocol::spec::DurationDisplay;
use std::time::Duration;

impl WorkerMachine {
    pub(super) fn on_tick(&mut self, situation: Situation) {
        let now = situation.now;
        if self.link.is_connected {
            self.on_tick_of_connection(situation);
        }
        match self.phase {
            WorkerPhase::Connecting => self.on_tick_without_connection(now),
            WorkerPhase::Running {
                applying: Some(until),
            } if now >= until => self.report_users(),
            WorkerPhase::Stopping { then, deadline } if now >= deadline => {
                let line = "the run has not ended in time; what it still does is not reported";
                self.push(Action::Warn(line.to_owned()));
                self.on_stopped(now, then);
            }
            WorkerPhase::Confirming { then, deadline } if now >= deadline => {
                self.push(Action::ReportLoss);
                self.finish_unproven(now, then);
            }
            WorkerPhase::Registering
            | WorkerPhase::Ready
            | WorkerPhase::Running { .. }
            | WorkerPhase::Stopping { .. }
            | WorkerPhase::Confirming { .. }
            | WorkerPhase::Ended => {}
        }
    }

    /// When the next tick is due, if nothing happens before.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        if self.phase == WorkerPhase::Ended {
            return None;
        }
        let link = &self.link;
        let give_up_at = link.give_up_at(&self.timing);
        let of_phase = match self.phase {
            WorkerPhase::Connecting => link.attempt_at,
            WorkerPhase::Registering => Some(link.ready_at),
            WorkerPhase::Running { applying } => applying,
            WorkerPhase::Stopping { deadline, .. } | WorkerPhase::Confirming { deadline, .. } => {
                Some(deadline)
            }
            WorkerPhase::Ready | WorkerPhase::Ended => None,
        };
        // While an attempt is made, its end decides.
        let can_give_up = self.is_searching() && (link.is_connected || link.attempt_at.is_some());
        let give_up_at = give_up_at.filter(|_| can_give_up);
        let lost_at = link.last_answer + self.timing.master_timeout;
        let of_connection = [
            Some(link.heartbeat_at),
            Some(lost_at),
            self.reports().then_some(link.report_at),
        ];
        let of_connection = of_connection
            .into_iter()
            .filter(|_| link.is_connected)
            .flatten();
        of_phase
            .into_iter()
            .chain(give_up_at)
            .chain(of_connection)
            .min()
    }

    fn on_tick_without_connection(&mut self, now: Duration) {
        let Some(attempt_at) = self.link.attempt_at else {
            return;
        };
        if self
            .link
            .give_up_at(&self.timing)
            .is_some_and(|at| now >= at)
        {
            self.give_up();
        } else if now >= attempt_at {
            self.link.attempt_at = None;
            self.push(Action::Connect);
        }
    }

    fn on_tick_of_connection(&mut self, situation: Situation) {
        let now = situation.now;
        if self.is_searching()
            && self
                .link
                .give_up_at(&self.timing)
                .is_some_and(|at| now >= at)
        {
            self.give_up();
            return;
        }
        if now >= self.link.last_answer + self.timing.master_timeout {
            let limit = DurationDisplay(self.timing.master_timeout);
            self.on_lost(
                situation,
                format!("it has answered no heartbeat for {limit}"),
            );
            return;
        }
        if now >= self.link.heartbeat_at {
            self.link.heartbeat_at = now + self.timing.heartbeat;
            self.send(Outgoing::Heartbeat(self.reported_state()));
        }
        if self.phase == WorkerPhase::Registering && now >= self.link.ready_at {
            self.register(now);
        }
        if self.reports() && now >= self.link.report_at {
            self.link.report_at = now + self.timing.report;
            self.send(Outgoing::Stats);
        }
    }

    /// Whether there is no master yet that knows this worker.
    fn is_searching(&self) -> bool {
        matches!(
            self.phase,
            WorkerPhase::Connecting | WorkerPhase::Registering
        )
    }

    /// Whether a run goes on.
    fn reports(&self) -> bool {
        matches!(
            self.phase,
            WorkerPhase::Running { .. } | WorkerPhase::Stopping { .. }
        )
    }

    fn reported_state(&self) -> ReportedState {
        match self.phase {
            WorkerPhase::Running { applying: Some(_) } => ReportedState::Spawning,
            WorkerPhase::Running { applying: None }
            | WorkerPhase::Stopping { .. }
            | WorkerPhase::Confirming { .. } => ReportedState::Running,
            WorkerPhase::Connecting
            | WorkerPhase::Registering
            | WorkerPhase::Ready
            | WorkerPhase::Ended => ReportedState::Ready,
        }
    }
}
