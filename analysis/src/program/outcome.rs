//! How an attempt of a program ended, as far as the server knows: what it sent, and whether the program stayed until the
//! end.

use super::served_request::{ServedEnd, ServedRequest};
use flagpole_protocol::{Outcome, ResponseEnd};
use std::time::Duration;

/// The outcome that a client which checks what it receives would report, and the status that it would see.
/// `run_end`: when the run ended, since the Unix epoch.
pub(super) fn outcome(request: &ServedRequest, run_end: Duration) -> (Outcome, Option<u16>) {
    let Some(end) = &request.end else {
        return (Outcome::Abandoned, None);
    };
    let fault = request.fault.as_deref().unwrap_or_default();
    let (name, parameters) = fault.split_once([':', ',']).unwrap_or((fault, ""));
    let protocol_error = |reason: &str| (Outcome::ProtocolError(reason.to_owned()), None);
    match (end.end, name) {
        // The head itself is wrong, whether or not the program leaves first.
        (_, "garbage") => protocol_error("no HTTP"),
        (_, "content-length") if parameters == "double" => {
            protocol_error("several lengths in the head")
        }
        // Whatever the server wrote, the program did not wait for it.
        _ if request.left_after(run_end).is_some() => (Outcome::Abandoned, None),
        (ResponseEnd::Completed, _) => (completed(name, parameters, end), end.status),
        (ResponseEnd::Fault, _) => (broken_off(name, parameters), end.status),
        (ResponseEnd::ServerStopped, _) => (Outcome::ConnectionReset, end.status),
        (ResponseEnd::PeerLeft | ResponseEnd::TimedOut, _) => (Outcome::Abandoned, end.status),
    }
}

fn completed(fault: &str, parameters: &str, end: &ServedEnd) -> Outcome {
    match (fault, end.status) {
        (_, None) => Outcome::EmptyReply,
        // A success by its status; only the body is wrong.
        ("corrupt" | "200", _) => Outcome::Corrupt,
        ("content-length", _) if parameters.starts_with('-') => Outcome::Corrupt,
        (_, Some(status)) => Outcome::from_status(status),
    }
}

fn broken_off(fault: &str, parameters: &str) -> Outcome {
    match fault {
        "reset" => Outcome::ConnectionReset,
        "empty" => Outcome::EmptyReply,
        "until-close" => Outcome::Corrupt,
        "chunked" if parameters.contains("malformed") => {
            Outcome::ProtocolError("malformed chunk".to_owned())
        }
        "cut" | "content-length" => Outcome::IncompleteBody,
        "chunked" if !parameters.contains("endless") => Outcome::IncompleteBody,
        // The others never end by themselves: the server noticed that the program had closed the connection.
        _ => Outcome::Abandoned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::requests::test_requests::{at, ms};
    use ResponseEnd::{Completed, Fault, PeerLeft};

    fn label(fault: &str, end: ResponseEnd, status: Option<u16>) -> (String, Option<u16>) {
        let mut request = at("BR", 0, 50);
        request.fault = Some(fault.to_owned()).filter(|fault| !fault.is_empty());
        let served = request.end.as_mut().unwrap();
        (served.end, served.status) = (end, status);
        let (outcome, status) = outcome(&request, ms(1000));
        (outcome.label().into_owned(), status)
    }

    /// The labels are those of `tests/flagpole/fault_matrix`, where flagpole's own client meets the faults.
    #[test]
    fn faults_have_the_outcome_that_a_careful_client_reports() {
        for (fault, end, status, expected) in [
            ("", Completed, Some(200), ("ok", Some(200))),
            ("404", Completed, Some(404), ("not_found", Some(404))),
            (
                "503,retry-after=2s",
                Completed,
                Some(503),
                ("http_503", Some(503)),
            ),
            ("200", Completed, Some(200), ("corrupt", Some(200))),
            (
                "200,body=GIF89a",
                Completed,
                Some(200),
                ("corrupt", Some(200)),
            ),
            ("reset", Fault, None, ("connection_reset", None)),
            (
                "reset:700",
                Fault,
                Some(200),
                ("connection_reset", Some(200)),
            ),
            ("cut:50%", Fault, Some(200), ("incomplete_body", Some(200))),
            ("empty", Fault, None, ("empty_reply", None)),
            ("corrupt:3", Completed, Some(200), ("corrupt", Some(200))),
            ("garbage", Completed, Some(200), ("protocol_error", None)),
            (
                "chunked:truncated",
                Fault,
                Some(200),
                ("incomplete_body", Some(200)),
            ),
            (
                "chunked:100,malformed",
                Fault,
                Some(200),
                ("protocol_error", Some(200)),
            ),
            ("until-close:700", Fault, Some(200), ("corrupt", Some(200))),
            (
                "content-length:+10",
                Fault,
                Some(200),
                ("incomplete_body", Some(200)),
            ),
            (
                "content-length:-10",
                Completed,
                Some(200),
                ("corrupt", Some(200)),
            ),
            (
                "content-length:double",
                PeerLeft,
                Some(200),
                ("protocol_error", None),
            ),
            ("slow-head:20ms", Completed, Some(200), ("ok", Some(200))),
        ] {
            let expected = (expected.0.to_owned(), expected.1);
            assert_eq!(label(fault, end, status), expected, "{fault}");
        }
    }

    #[test]
    fn program_that_leaves_has_abandoned_the_request() {
        assert_eq!(label("", PeerLeft, None), ("abandoned".to_owned(), None));
        assert_eq!(label("hang", Fault, None), ("abandoned".to_owned(), None));
        let endless = label("chunked:endless", Fault, Some(200));
        assert_eq!(endless, ("abandoned".to_owned(), Some(200)));
        let mut request = at("BR", 0, 50);
        request.end = None;
        assert_eq!(outcome(&request, ms(1000)), (Outcome::Abandoned, None));
    }

    #[test]
    fn response_that_the_program_did_not_wait_for_is_abandoned_although_it_was_written() {
        let mut request = at("BR", 0, 300);
        assert_eq!(outcome(&request, ms(1000)).0, Outcome::Ok);
        assert_eq!(outcome(&request, ms(200)), (Outcome::Abandoned, None));
        request.end.as_mut().unwrap().peer_closed = Some(ms(50));
        assert_eq!(outcome(&request, ms(1000)), (Outcome::Abandoned, None));
    }
}
