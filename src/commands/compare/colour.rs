//! The colours of verdicts (VALID, SUSPECT, INVALID).

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use flagpole_analysis::validity::Validity;
use std::io;

/// Whether standard output is a terminal with colours, and `NO_COLOR` is not set.
pub(super) fn is_enabled() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The word for a validity, in colour.
pub(super) fn styled(validity: Validity) -> String {
    let colour = match validity {
        Validity::Valid => AnsiColor::Green,
        Validity::Suspect => AnsiColor::Yellow,
        Validity::Invalid => AnsiColor::Red,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    format!("{style}{validity}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_surrounds_the_word() {
        let text = styled(Validity::Invalid);
        assert!(text.starts_with("\u{1b}[1m"), "{text:?}");
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "INVALID");
    }
}
