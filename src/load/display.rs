//! How a run is shown while it goes on: by the live view, by lines, or not at all.

use super::live_view::snapshot::LiveSnapshot;
use super::live_view::{FRAME, KeyCommand, LiveView, terminal};
use super::plain_lines::PlainLines;
use crate::output;
use anyhow::Result;
use std::time::Duration;

pub(crate) enum Display {
    View(LiveView),
    Lines(PlainLines),
    Nothing,
}

/// How the user wants the run to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DisplayKind {
    /// The live view on a terminal, lines elsewhere.
    #[default]
    Automatic,
    Lines,
    Nothing,
}

impl Display {
    /// Begins to show a run; `on_command` is called for keys.
    pub(crate) fn start(
        kind: DisplayKind,
        snapshot: &LiveSnapshot,
        on_command: impl Fn(KeyCommand) + Send + 'static,
    ) -> Result<Display> {
        Ok(match kind {
            DisplayKind::Automatic if terminal::is_usable() => {
                Display::View(LiveView::start(snapshot.clone(), on_command)?)
            }
            DisplayKind::Automatic | DisplayKind::Lines => {
                Display::Lines(PlainLines::new(snapshot.length))
            }
            DisplayKind::Nothing => Display::Nothing,
        })
    }

    /// The time between two snapshots, if a second is too long.
    pub(crate) fn interval(&self) -> Option<Duration> {
        matches!(self, Display::View(_)).then_some(FRAME)
    }

    pub(crate) fn show(&mut self, snapshot: &LiveSnapshot) {
        match self {
            Display::View(view) => view.update(snapshot.clone()),
            Display::Lines(lines) => {
                if let Some(line) = lines.line(snapshot) {
                    output::note(&line);
                }
            }
            Display::Nothing => {}
        }
    }
}
