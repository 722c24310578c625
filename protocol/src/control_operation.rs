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
    /// Reads the counts as metrics.
    ReadMetrics,
    /// Answers that the control plane works.
    CheckHealth,
    /// Answers whether all listeners accept connections.
    CheckReadiness,
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

const RESET_PARAMETERS: &[ControlParameter] = &[
    LISTENER,
    parameter(
        "drain",
        "Wait at most this long until all connections are closed",
        "1s",
    ),
];

const PATCH_PARAMETERS: &[ControlParameter] = &[parameter(
    "listener",
    "Change the table of the listener with this name or port",
    "DELAY",
)];

impl ControlOperation {
    /// Every operation, in the order in which they are listed.
    pub const ALL: [ControlOperation; 9] = [
        ControlOperation::ListOperations,
        ControlOperation::ReadProfile,
        ControlOperation::ReplaceProfile,
        ControlOperation::PatchProfile,
        ControlOperation::Reset,
        ControlOperation::ReadLedger,
        ControlOperation::ReadMetrics,
        ControlOperation::CheckHealth,
        ControlOperation::CheckReadiness,
    ];

    /// The method. HEAD works where GET does.
    pub const fn method(self) -> Method {
        match self {
            ControlOperation::ReplaceProfile => Method::PUT,
            ControlOperation::PatchProfile => Method::PATCH,
            ControlOperation::Reset => Method::POST,
            ControlOperation::ListOperations
            | ControlOperation::ReadProfile
            | ControlOperation::ReadLedger
            | ControlOperation::ReadMetrics
            | ControlOperation::CheckHealth
            | ControlOperation::CheckReadiness => Method::GET,
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
            ControlOperation::ReadMetrics => "/metrics",
            ControlOperation::CheckHealth => "/healthz",
            ControlOperation::CheckReadiness => "/readyz",
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
            ControlOperation::ReadMetrics => "readMetrics",
            ControlOperation::CheckHealth => "checkHealth",
            ControlOperation::CheckReadiness => "checkReadiness",
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
                "Forget earlier requests (numbers, limits, ledger) and return their ledger"
            }
            ControlOperation::ReadLedger => "Read the counts of every listener",
            ControlOperation::ReadMetrics => "Read the counts as OpenMetrics",
            ControlOperation::CheckHealth => "Check that the control plane works",
            ControlOperation::CheckReadiness => "Check that all listeners accept connections",
        }
    }

    /// The parameters that its query may have; others are refused.
    pub const fn parameters(self) -> &'static [ControlParameter] {
        match self {
            ControlOperation::PatchProfile => PATCH_PARAMETERS,
            ControlOperation::Reset => RESET_PARAMETERS,
            ControlOperation::ReadLedger => &[LISTENER],
            ControlOperation::ListOperations
            | ControlOperation::ReadProfile
            | ControlOperation::ReplaceProfile
            | ControlOperation::ReadMetrics
            | ControlOperation::CheckHealth
            | ControlOperation::CheckReadiness => &[],
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
