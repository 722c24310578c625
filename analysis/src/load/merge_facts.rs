//! What is known of several processes beside what they observed together.

use super::process_figures::ProcessFigures;

/// What the verdict on a merge asks beside what was observed.
#[derive(Clone, Debug, Default)]
pub(super) struct MergeFacts {
    /// In the order of their names.
    pub(super) processes: Vec<ProcessFigures>,
    /// How the first process and another one were asked for different things: `targets: GET http://a/ and GET http://b/`.
    pub(super) difference: Option<String>,
    /// Whether some processes have a ledger of their server that cannot be held against all requests, as others have no end.
    pub(super) has_unchecked_ledger: bool,
    /// What the figures do not say, each as a sentence without a full stop.
    pub(super) notes: Vec<String>,
}
