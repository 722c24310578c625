//! The messages of the targets of a load run, each once.

use crate::LoadTarget;
use crate::transport::RunMessage;

/// How many messages a target is compared with. Lists of many targets have few messages.
const COMPARED: usize = 16;

/// The different messages of targets: a transport prepares each message for each event loop, and a list may have a hundred
/// thousand targets with the same one.
pub(super) struct DistinctMessages<'a> {
    pub(super) messages: Vec<RunMessage<'a>>,
    /// The index of the message of each target.
    pub(super) of_targets: Vec<usize>,
}

impl<'a> DistinctMessages<'a> {
    /// Messages that differ from the last few are kept apart, equal or not, so that the time is linear.
    pub(super) fn new(targets: &'a [LoadTarget]) -> DistinctMessages<'a> {
        let mut messages: Vec<RunMessage<'a>> = Vec::new();
        let of_target = |target: &'a LoadTarget| {
            let message = RunMessage {
                endpoint: target.endpoint,
                message: &target.message,
                expectation: Some(&target.expectation),
            };
            let compared = messages.len().saturating_sub(COMPARED);
            let mut last = messages[compared..].iter();
            if let Some(position) = last.position(|known| *known == message) {
                return compared + position;
            }
            messages.push(message);
            messages.len() - 1
        };
        let of_targets = targets.iter().map(of_target).collect();
        DistinctMessages {
            messages,
            of_targets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expectation, RequestMessage};
    use http::Method;

    #[test]
    fn targets_with_equal_messages_share_one() {
        let post = RequestMessage::new(Method::POST).unwrap();
        let expectation = Expectation {
            statuses: "404".parse().unwrap(),
            ..Expectation::default()
        };
        let get = LoadTarget {
            endpoint: 0,
            path: "/".parse().unwrap(),
            message: RequestMessage::default(),
            weight: 1,
            expectation: Expectation::default(),
        };
        let targets = [
            get.clone(),
            LoadTarget {
                path: "/x".parse().unwrap(),
                weight: 2,
                ..get.clone()
            },
            LoadTarget {
                message: post,
                ..get.clone()
            },
            LoadTarget {
                endpoint: 1,
                ..get.clone()
            },
            LoadTarget {
                expectation,
                ..get.clone()
            },
            get,
        ];
        let distinct = DistinctMessages::new(&targets);
        assert_eq!(distinct.of_targets, [0, 0, 1, 2, 3, 0]);
        assert_eq!(distinct.messages.len(), 4);
    }
}
