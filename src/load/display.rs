//! How a run is shown while it goes on: by the live view, by lines, or not at all; and on the live page.

use super::live_page::{self, LoadPage};
use super::live_view::snapshot::LiveSnapshot;
use super::live_view::{FRAME, KeyCommand, LiveView, terminal};
use super::plain_lines::PlainLines;
use crate::output;
use anyhow::Result;
use flagpole_server::RunPage;
use std::time::Duration;

/// What shows a run: the terminal, and the live page if there is one.
pub(crate) struct Display<'a> {
    screen: Screen,
    page: Option<LoadPage<'a>>,
}

enum Screen {
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

impl Display<'_> {
    /// Begins to show a run; `on_command` is called for keys.
    pub(crate) fn start<'a>(
        kind: DisplayKind,
        page: Option<&'a RunPage>,
        snapshot: &LiveSnapshot,
        on_command: impl Fn(KeyCommand) + Send + 'static,
    ) -> Result<Display<'a>> {
        let screen = match kind {
            DisplayKind::Automatic if terminal::is_usable() => {
                Screen::View(LiveView::start(snapshot.clone(), on_command)?)
            }
            DisplayKind::Automatic | DisplayKind::Lines => {
                Screen::Lines(PlainLines::new(snapshot.length))
            }
            DisplayKind::Nothing => Screen::Nothing,
        };
        let page = page.map(|page| LoadPage::start(page, snapshot));
        Ok(Display { screen, page })
    }

    /// The time between two snapshots, if a second is too long.
    pub(crate) fn interval(&self) -> Option<Duration> {
        match (&self.screen, &self.page) {
            (Screen::View(_), _) => Some(FRAME),
            (_, Some(_)) => Some(live_page::INTERVAL),
            _ => None,
        }
    }

    pub(crate) fn show(&mut self, snapshot: &LiveSnapshot) {
        if let Some(page) = &mut self.page {
            page.show(snapshot);
        }
        match &mut self.screen {
            Screen::View(view) => view.update(snapshot.clone()),
            Screen::Lines(lines) => {
                if let Some(line) = lines.line(snapshot) {
                    output::note(&line);
                }
            }
            Screen::Nothing => {}
        }
    }
}
