//! The first sections of a report: the verdict with its reasons, the conditions, how to repeat the run, and the answer.

use super::chart::label::{clipped, visible};
use super::page::section;
use super::prose::prose;
use crate::comparison::Environment;
use crate::validity::Validity;
use maud::{Markup, html};

/// The most characters of a sentence that a result has.
const MAX_SENTENCE: usize = 600;

/// The most reasons on a page.
const MAX_REASONS: usize = 60;

/// What a report says first.
pub(crate) struct Opening<'a> {
    /// The verdict.
    pub(crate) validity: Validity,
    /// Whether some cells can be used although others are INVALID.
    pub(crate) is_partly_valid: bool,
    /// The answer, a sentence a line.
    pub(crate) answer: Vec<String>,
    /// The reasons to doubt it, with their severities.
    pub(crate) reasons: Vec<(Validity, String)>,
    /// What could not be checked.
    pub(crate) unchecked: Vec<String>,
    /// Names and values of the conditions.
    pub(crate) conditions: Vec<(String, String)>,
    /// Where it ran.
    pub(crate) environment: &'a Environment,
    /// How to repeat it.
    pub(crate) repetition: Markup,
}

impl Opening<'_> {
    /// The sections.
    pub(crate) fn markup(&self) -> Markup {
        html! {
            section.verdict.(self.class()) aria-labelledby="verdict" {
                h2 #verdict { "Verdict: " strong.badge { (self.validity) } }
                p { (self.meaning()) }
                (sentences(self.reasons.iter().map(|(severity, text)| format!("{severity}: {text}"))))
                (sentences(self.unchecked.iter().cloned()))
            }
            (section("conditions", "Conditions", &html! {
                dl.conditions {
                    @for (name, value) in &self.conditions {
                        div { dt { (visible(name)) } dd { bdi { (clipped(value, MAX_SENTENCE)) } } }
                    }
                    (machine(self.environment))
                }
                (self.repetition)
            }))
            (section("answer", "Answer", &html! {
                @for line in &self.answer { p.answer { bdi { (prose(&clipped(line, MAX_SENTENCE))) } } }
            }))
        }
    }

    fn class(&self) -> &'static str {
        match self.validity {
            Validity::Valid => "valid",
            Validity::Suspect => "suspect",
            Validity::Invalid => "invalid",
        }
    }

    fn meaning(&self) -> &'static str {
        match self.validity {
            Validity::Valid => "Nothing contradicts the figures.",
            Validity::Suspect => {
                "The figures are what was measured, but may answer another question than the one asked:"
            }
            Validity::Invalid if self.is_partly_valid => {
                "Some figures must not be used: the charts that show them are grey, or mark them. Those of other cells are coloured:"
            }
            Validity::Invalid => "The figures must not be used, and their charts are grey:",
        }
    }
}

/// A list of sentences, each of limited length; nothing without any.
fn sentences(all: impl ExactSizeIterator<Item = String>) -> Markup {
    let more = all.len().saturating_sub(MAX_REASONS);
    let shown: Vec<_> = all.take(MAX_REASONS).collect();
    html! {
        @if !shown.is_empty() {
            ul.reasons {
                @for sentence in shown { li { bdi { (prose(&clipped(&sentence, MAX_SENTENCE))) } } }
                @if more > 0 { li { "and " (more) " more, which the result document lists" } }
            }
        }
    }
}

/// The machine, the program and the start.
fn machine(environment: &Environment) -> Markup {
    let cores = match environment.cores {
        0 => String::new(),
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let build = if environment.optimised {
        ""
    } else {
        ", not optimised"
    };
    let parts = [&environment.processor, &cores, &environment.system];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    html! {
        @if !parts.is_empty() { div { dt { "machine" } dd { (clipped(&parts.join(", "), MAX_SENTENCE)) } } }
        @if let Some(load) = environment.load { div { dt { "load before" } dd { (format!("{load:.2}")) } } }
        div { dt { "flagpole" } dd { (visible(&environment.flagpole)) (build) } }
        @if environment.started_unix_s > 0 {
            div { dt { "started" } dd { (utc(environment.started_unix_s)) } }
        }
    }
}

/// Seconds since the Unix epoch as date and time: `2026-11-28 13:25:00 UTC`. The algorithm is that of H. Hinnant,
/// "chrono-compatible low-level date algorithms", `civil_from_days`.
pub(crate) fn utc(unix_s: u64) -> String {
    let (days, second) = (unix_s / 86_400 + 719_468, unix_s % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + 400 * era + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02} UTC",
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn seconds_since_the_epoch_are_a_date() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_827_696, "2000-02-29 12:34:56 UTC"),
            (1_795_872_300, "2026-11-28 13:25:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }
}
