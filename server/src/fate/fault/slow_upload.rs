//! `slow-upload:1000`: the body of the request is read at a constant rate, and the response follows its last byte. The
//! peer can send what fits into the buffers of both systems faster. A request without a body is not affected.
//!
//! Parameter: the rate in bytes per second, from 1.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, RequestBodyReading};

/// Bytes per second, at least 1.
#[derive(Debug)]
struct SlowUploadFault(u64);

impl Fault for SlowUploadFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.request_body = RequestBodyReading::Rate(self.0);
    }

    fn text(&self) -> String {
        format!("slow-upload:{}", self.0)
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "slow-upload",
    about: "read the body of the request at N bytes per second",
    example: "slow-upload:1000",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let what = "bytes per second, at least 1, such as `1000`";
    let rate = number(parameters.required(what)?, 1.., what)?;
    Ok(Box::new(SlowUploadFault(rate)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::RequestBodyReading;

    #[test]
    fn the_fate_has_the_rate() {
        let fate = fate_with("slow-upload:1000");
        assert_eq!(fate.request_body, RequestBodyReading::Rate(1000));
    }

    #[test]
    fn zero_is_rejected() {
        assert_eq!(
            error("slow-upload:0"),
            "slow-upload: expected bytes per second, at least 1, such as `1000`, got `0`"
        );
    }
}
