//! The buffers of a connection, which grow and shrink with their content.

use super::state::UreqState;
use crate::transport::response::response_head::HEAD_LIMIT;
use ::ureq::unversioned::transport::Buffers;
use std::sync::Arc;

/// The initial size of the input buffer, in bytes. ureq parses a head only when all of it is in the buffer, which
/// therefore grows for a large head and shrinks again.
const START: usize = 8 << 10;
/// The maximum size of the input buffer, in bytes. ureq rejects a head that is too large before the buffer is full.
const LIMIT: usize = HEAD_LIMIT + START;

/// The input and output buffers of a connection. Neither is allocated before the first request, and the output buffer is
/// freed before the client waits for the response.
#[derive(Debug)]
pub(super) struct IoBuffers {
    state: Arc<UreqState>,
    output: Vec<u8>,
    input: Vec<u8>,
    /// `input[start..end]` is received and not yet consumed.
    start: usize,
    end: usize,
    /// Whether the last call consumed input.
    progress: bool,
}

impl IoBuffers {
    pub(super) fn new(state: Arc<UreqState>) -> IoBuffers {
        IoBuffers {
            state,
            output: Vec::new(),
            input: Vec::new(),
            start: 0,
            end: 0,
            progress: false,
        }
    }

    /// The output, to be sent.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    fn make_room(&mut self) {
        self.input.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.input.len() {
            let length = (2 * self.input.len()).clamp(START, LIMIT);
            self.input.resize(length, 0);
        } else if self.end == 0 && self.input.len() > START {
            self.input = vec![0; START];
        }
    }
}

impl Buffers for IoBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(self.state.max_head_length(), 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    /// The free part of the input buffer; empty if the buffer is full and at its maximum size.
    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room();
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    /// Used by ureq for request bodies only; requests of flagpole have none.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make_room();
        self.output.resize(self.state.max_head_length(), 0);
        (&mut self.input[self.end..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.start < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ureq::client::tests::template;
    use proptest::prelude::*;

    fn buffers() -> IoBuffers {
        IoBuffers::new(Arc::new(UreqState::new(template())))
    }

    proptest! {
        #[test]
        fn input_is_what_was_appended_and_not_consumed(
            steps in prop::collection::vec((0..40_000_usize, 0..40_000_usize), 0..50),
        ) {
            let (mut buffers, mut expected) = (buffers(), Vec::new());
            for (number, (add, take)) in steps.into_iter().enumerate() {
                let room = buffers.input_append_buf();
                let add = add.min(room.len());
                let byte = u8::try_from(number).unwrap();
                room[..add].fill(byte);
                buffers.input_appended(add);
                expected.resize(expected.len() + add, byte);
                prop_assert_eq!(buffers.input(), &expected[..]);
                let take = take.min(expected.len());
                buffers.input_consume(take);
                expected.drain(..take);
                prop_assert_eq!(buffers.input(), &expected[..]);
                prop_assert_eq!(buffers.can_use_input(), take > 0 && !expected.is_empty());
            }
        }
    }

    #[test]
    fn input_grows_to_its_limit_and_shrinks_when_empty() {
        let mut buffers = buffers();
        assert_eq!(buffers.input.len(), 0);
        while !buffers.input_append_buf().is_empty() {
            let room = buffers.input_append_buf().len();
            buffers.input_appended(room);
        }
        assert_eq!(buffers.input().len(), LIMIT);
        buffers.input_consume(LIMIT);
        assert_eq!(buffers.input_append_buf().len(), START);
    }
}
