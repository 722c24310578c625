//! Which rounds of a cell are repeated because the machine stalled, and which are part of the figures.

/// The rounds so far. A stalled round is repeated until the requested number of rounds did not stall, or until more than
/// that number did: then as many rounds again would not be enough.
#[derive(Clone, Debug)]
pub struct Repetition {
    requested: usize,
    /// The number of each round and whether the machine stalled in it.
    rounds: Vec<(usize, bool)>,
}

impl Repetition {
    /// Starts without rounds; `requested` rounds without a stall are wanted.
    pub fn new(requested: usize) -> Repetition {
        Repetition {
            requested,
            rounds: Vec::new(),
        }
    }

    /// Adds a round.
    pub fn add(&mut self, round: usize, is_stalled: bool) {
        self.rounds.push((round, is_stalled));
    }

    /// The number of stalled rounds.
    pub fn stalled(&self) -> usize {
        self.stalled_rounds().len()
    }

    /// The numbers of the stalled rounds.
    pub fn stalled_rounds(&self) -> Vec<usize> {
        let stalled = self.rounds.iter().filter(|(_, is_stalled)| *is_stalled);
        stalled.map(|(round, _)| *round).collect()
    }

    /// Whether another round must be measured.
    pub fn needs_another(&self) -> bool {
        let stalled = self.stalled();
        self.rounds.len() - stalled < self.requested && stalled <= self.requested
    }

    /// The rounds that are in no figure: the stalled ones, except the last of them if there are too few others.
    pub fn set_apart(&self) -> Vec<usize> {
        let excess = self.rounds.len().saturating_sub(self.requested);
        self.stalled_rounds().into_iter().take(excess).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures rounds until none is needed.
    fn measured(requested: usize, is_stalled: impl Fn(usize) -> bool) -> Repetition {
        let mut repetition = Repetition::new(requested);
        let mut round = 0;
        while repetition.needs_another() {
            round += 1;
            repetition.add(round, is_stalled(round));
        }
        repetition
    }

    #[test]
    fn stalled_rounds_are_repeated_and_set_apart() {
        let repetition = measured(20, |round| [3, 7, 21].contains(&round));
        assert_eq!(repetition.rounds.len(), 23);
        assert_eq!(repetition.set_apart(), [3, 7, 21]);
        let clean = measured(20, |_| false);
        assert_eq!((clean.rounds.len(), clean.set_apart()), (20, vec![]));
    }

    #[test]
    fn at_most_as_many_rounds_again_are_measured() {
        // Every second round is stalled, and the last one of 40.
        let repetition = measured(20, |round| round % 2 == 0);
        assert_eq!((repetition.rounds.len(), repetition.stalled()), (39, 19));
        for period in 1..10 {
            let rounds = measured(20, |round| round % period == 0).rounds.len();
            assert!(rounds <= 40, "{rounds}");
        }
    }

    #[test]
    fn last_stalled_rounds_are_kept_if_there_are_too_few_others() {
        let all = measured(5, |_| true);
        assert_eq!((all.rounds.len(), all.set_apart()), (6, vec![1]));
        let most = measured(5, |round| round != 2);
        assert_eq!((most.rounds.len(), most.set_apart()), (7, vec![1, 3]));
    }

    #[test]
    fn nothing_is_set_apart_of_an_aborted_cell() {
        let mut aborted = Repetition::new(5);
        aborted.add(1, true);
        aborted.add(2, false);
        assert_eq!(aborted.set_apart(), [0; 0]);
    }
}
