//! The operations of the control plane: its router, its OpenAPI document and `flagpole ctl` are made from this list.

use http::Method;

/// An operation of the control plane, the HTTP interface to watch and change servers while they run.
///
/// ```
/// use flagpole_protocol::ControlOperation;
///
/// let operation = ControlOperation::ReadLedger;
/// assert_eq!((operation.method().as_str(), operation.path()), ("GET", "/ledger"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControlOperation {
    /// Lists the operations.
    ListOperations,
    /// Reads the profile.
    ReadProfile,
    /// Replaces the profile.
    ReplaceProfile,
    /// Changes some values of the profile.
    PatchProfile,
    /// Forgets all earlier requests.
    Reset,
    /// Reads the counts.
    ReadLedger,
    /// Reads the journal, now, after a wait, or as it goes on.
    ReadJournal,
    /// Checks which requests arrived.
    Verify,
    /// Reads the counts as metrics.
    ReadMetrics,
    /// Answers that the control plane works.
    CheckHealth,
    /// Answers whether all listeners accept connections.
    CheckReadiness,
    /// Reads the description of the control plane.
    ReadOpenApi,
}

/// A parameter in the query of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ControlParameter {
    /// The name.
    pub name: &'static str,
    /// What it does, as an imperative or a noun.
    pub about: &'static str,
    /// A value.
    pub example: &'static str,
}

const fn parameter(
    name: &'static str,
    about: &'static str,
    example: &'static str,
) -> ControlParameter {
    ControlParameter {
        name,
        about,
        example,
    }
}

const LISTENER: ControlParameter = parameter(
    "listener",
    "Only the listener with this name or port",
    "DELAY",
);

const HISTOGRAM: ControlParameter = parameter(
    "histogram",
    "Whether to add the histogram of the lateness",
    "true",
);

const LEDGER_PARAMETERS: &[ControlParameter] = &[LISTENER, HISTOGRAM];

const RESET_PARAMETERS: &[ControlParameter] = &[
    LISTENER,
    HISTOGRAM,
    parameter(
        "drain",
        "Wait at most this long until all connections are closed",
        "1s",
    ),
];

const JOURNAL_PARAMETERS: &[ControlParameter] = &[
    LISTENER,
    parameter("run", "Only requests of this run", "a"),
    parameter("method", "Only requests with this method", "GET"),
    parameter(
        "path",
        "Only requests whose normalised path matches this glob",
        "/flags/*/*.gif",
    ),
    parameter("status", "Only responses with this status", "503"),
    parameter("fault", "Only responses with this fault", "503"),
    parameter(
        "rule",
        "Only requests whose fate this rule decided",
        "rule[0]",
    ),
    parameter("cause", "Only responses with this cause", "delay"),
    parameter(
        "event",
        "Only entries of this kind: `begin` (in progress), `end` (over) or `error`",
        "end",
    ),
    parameter("since", "Only entries after the one with this id", "17"),
    parameter("limit", "At most this many entries: the newest", "100"),
    parameter(
        "wait",
        "Answer when this many requests are over since the last reset",
        "2",
    ),
    parameter("timeout", "Wait at most this long; default 10s", "10s"),
    parameter(
        "follow",
        "`true`: go on with the lines to come until the client leaves",
        "true",
    ),
];

const PATCH_PARAMETERS: &[ControlParameter] = &[parameter(
    "listener",
    "Change the table of the listener with this name or port",
    "DELAY",
)];

impl ControlOperation {
    /// Every operation, in the order in which they are listed.
    pub const ALL: [ControlOperation; 12] = [
        ControlOperation::ListOperations,
        ControlOperation::ReadProfile,
        ControlOperation::ReplaceProfile,
        ControlOperation::PatchProfile,
        ControlOperation::Reset,
        ControlOperation::ReadLedger,
        ControlOperation::ReadJournal,
        ControlOperation::Verify,
        ControlOperation::ReadMetrics,
        ControlOperation::CheckHealth,
        ControlOperation::CheckReadiness,
        ControlOperation::ReadOpenApi,
    ];

    /// The method. HEAD works where GET does.
    pub const fn method(self) -> Method {
        match self {
            ControlOperation::ReplaceProfile => Method::PUT,
            ControlOperation::PatchProfile => Method::PATCH,
            ControlOperation::Reset | ControlOperation::Verify => Method::POST,
            ControlOperation::ListOperations
            | ControlOperation::ReadProfile
            | ControlOperation::ReadLedger
            | ControlOperation::ReadJournal
            | ControlOperation::ReadMetrics
            | ControlOperation::CheckHealth
            | ControlOperation::CheckReadiness
            | ControlOperation::ReadOpenApi => Method::GET,
        }
    }

    /// The path.
    pub const fn path(self) -> &'static str {
        match self {
            ControlOperation::ListOperations => "/",
            ControlOperation::ReadProfile
            | ControlOperation::ReplaceProfile
            | ControlOperation::PatchProfile => "/profile",
            ControlOperation::Reset => "/reset",
            ControlOperation::ReadLedger => "/ledger",
            ControlOperation::ReadJournal => "/journal",
            ControlOperation::Verify => "/verify",
            ControlOperation::ReadMetrics => "/metrics",
            ControlOperation::CheckHealth => "/healthz",
            ControlOperation::CheckReadiness => "/readyz",
            ControlOperation::ReadOpenApi => "/openapi.json",
        }
    }

    /// The identifier in the OpenAPI document.
    pub const fn id(self) -> &'static str {
        match self {
            ControlOperation::ListOperations => "listOperations",
            ControlOperation::ReadProfile => "readProfile",
            ControlOperation::ReplaceProfile => "replaceProfile",
            ControlOperation::PatchProfile => "patchProfile",
            ControlOperation::Reset => "reset",
            ControlOperation::ReadLedger => "readLedger",
            ControlOperation::ReadJournal => "readJournal",
            ControlOperation::Verify => "verify",
            ControlOperation::ReadMetrics => "readMetrics",
            ControlOperation::CheckHealth => "checkHealth",
            ControlOperation::CheckReadiness => "checkReadiness",
            ControlOperation::ReadOpenApi => "readOpenApi",
        }
    }

    /// What the operation does, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            ControlOperation::ListOperations => "List the operations",
            ControlOperation::ReadProfile => "Read the profile that the servers follow",
            ControlOperation::ReplaceProfile => "Replace the profile",
            ControlOperation::PatchProfile => {
                "Change values of the profile by a JSON Merge Patch (RFC 7396)"
            }
            ControlOperation::Reset => {
                "Forget earlier requests (numbers, limits, ledger, journal) and return their ledger"
            }
            ControlOperation::ReadLedger => "Read the counts of every listener",
            ControlOperation::ReadJournal => "Read the journal as JSON lines, oldest first",
            ControlOperation::Verify => {
                "Check how often, or in which order, requests arrived (409: otherwise than expected)"
            }
            ControlOperation::ReadMetrics => "Read the counts as OpenMetrics",
            ControlOperation::CheckHealth => "Check that the control plane works",
            ControlOperation::CheckReadiness => "Check that all listeners accept connections",
            ControlOperation::ReadOpenApi => "Read the OpenAPI document of the control plane",
        }
    }

    /// The parameters that its query may have; others are refused.
    pub const fn parameters(self) -> &'static [ControlParameter] {
        match self {
            ControlOperation::PatchProfile => PATCH_PARAMETERS,
            ControlOperation::Reset => RESET_PARAMETERS,
            ControlOperation::ReadJournal => JOURNAL_PARAMETERS,
            ControlOperation::ReadLedger => LEDGER_PARAMETERS,
            ControlOperation::ListOperations
            | ControlOperation::ReadProfile
            | ControlOperation::ReplaceProfile
            | ControlOperation::Verify
            | ControlOperation::ReadMetrics
            | ControlOperation::CheckHealth
            | ControlOperation::CheckReadiness
            | ControlOperation::ReadOpenApi => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_a_method_and_path_of_its_own() {
        for (index, one) in ControlOperation::ALL.iter().enumerate() {
            for other in &ControlOperation::ALL[..index] {
                assert_ne!(
                    (one.method(), one.path()),
                    (other.method(), other.path()),
                    "{one:?} and {other:?}"
                );
                assert_ne!(one.id(), other.id());
            }
        }
    }
}
