//! What a connection keeps in memory: as much as it needs at the time.

use super::line::Line;
use crate::transport::HEAD_LIMIT;
use ::ureq::unversioned::transport::Buffers as Interface;
use std::sync::Arc;

/// Bytes that are read at once. A head has to be in the buffer as a whole, so it grows for a large
/// one, and shrinks again.
const START: usize = 8 << 10;
/// ureq has given up a head by then.
const LIMIT: usize = HEAD_LIMIT + START;

/// Nothing is allocated before the first request, and no output while an answer is awaited.
#[derive(Debug)]
pub(super) struct Buffers {
    line: Arc<Line>,
    output: Vec<u8>,
    input: Vec<u8>,
    /// What of the input is there and not yet consumed.
    start: usize,
    end: usize,
    /// Whether the last look at the input consumed some of it.
    progress: bool,
}

impl Buffers {
    pub(super) fn new(line: Arc<Line>) -> Buffers {
        Buffers {
            line,
            output: Vec::new(),
            input: Vec::new(),
            start: 0,
            end: 0,
            progress: false,
        }
    }

    /// The output, which is given away to be sent.
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

impl Interface for Buffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(self.line.request_length(), 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    /// Empty when the limit has been reached.
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

    /// For bodies of requests, which ours have not.
    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make_room();
        self.output.resize(self.line.request_length(), 0);
        (&mut self.input[self.end..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && self.start < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn buffers() -> Buffers {
        Buffers::new(Arc::new(Line::new(crate::transport::ureq::tests::wire())))
    }

    proptest! {
        /// Whatever is appended and consumed, by whatever amounts: the input is what is between.
        #[test]
        fn the_input_is_what_came_and_was_not_consumed(
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
    fn the_input_grows_to_its_limit_and_shrinks_when_it_is_empty() {
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
