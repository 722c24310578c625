//! What is done about answers that are late, wrong or elsewhere: pure rules, the same for every
//! strategy. They hold no clock and draw no chance but from the seed; the
//! [agenda](crate::Agenda) applies them.

pub(crate) mod adaptive_limit;
mod hedge;
mod kaplan_meier;
mod redirects;
mod retry;
mod retry_budget;
mod timeouts;

pub use hedge::{Hedge, HedgeDelay};
pub use kaplan_meier::KaplanMeier;
pub use redirects::RedirectPolicy;
pub(crate) use redirects::{is_redirect, request_url, resolve_location};
pub use retry::Retry;
pub(crate) use retry::retry_after;
pub(crate) use retry_budget::RetryBudget;
pub use retry_budget::RetryBudgetConfig;
pub use timeouts::Timeouts;

/// All the rules of a run. Unless told otherwise it waits for ever, retries nothing, hedges nothing,
/// follows five redirects and uses connections again.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long an exchange may take.
    pub timeouts: Timeouts,
    /// What is tried again, how often and when.
    pub retry: Retry,
    /// How many retries all downloads together may make. Without one there is no such limit: who gets
    /// the last retry depends on timing, so that runs of one seed need not end alike under a budget.
    pub budget: Option<RetryBudgetConfig>,
    /// When a request that takes long is made a second time.
    pub hedge: Option<Hedge>,
    /// How far redirects are followed.
    pub redirects: RedirectPolicy,
    /// Whether a connection serves more than one request; if not, each says `Connection: close`.
    pub reuse: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            budget: None,
            hedge: None,
            redirects: RedirectPolicy::default(),
            reuse: true,
        }
    }
}
