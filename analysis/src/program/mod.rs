//! What a program under comparison did, as the server saw it. A program is measured from the outside: its attempts, its
//! wall time and its concurrency follow from the journal (the server's log of requests).

mod behaviour;
mod download;
mod exit;
mod outcome;
mod requests;
mod served_request;

pub use behaviour::ProgramBehaviour;
pub use exit::ProgramExit;
pub use requests::{ProgramRequests, ServerPlan, is_asked};
pub use served_request::{ServedEnd, ServedRequest, max_in_flight, served_wall};
