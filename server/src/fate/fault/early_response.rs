//! `early-response`: the response is sent before the body of the request is read, then the connection ends (FIN). The
//! rest of the body is discarded, so that no reset destroys the response. A request without a body is not affected.

use super::member::{Fault, FaultMember};
use flagpole_protocol::{Fate, RequestBodyReading};

#[derive(Debug)]
struct EarlyResponseFault;

impl Fault for EarlyResponseFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.request_body = RequestBodyReading::Unread;
    }

    fn text(&self) -> String {
        "early-response".to_owned()
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "early-response",
    about: "the response before the body of the request is read, then close",
    example: "early-response",
    parse: |_| Ok(Box::new(EarlyResponseFault)),
};

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::fate_with;
    use flagpole_protocol::RequestBodyReading;

    #[test]
    fn the_fate_leaves_the_body_of_the_request_unread() {
        let fate = fate_with("early-response");
        assert_eq!(fate.request_body, RequestBodyReading::Unread);
    }
}
