//! Which rounds of a cell are repeated, because the machine spoiled them, and which are kept.

/// The rounds so far. A spoiled round is repeated, until as many rounds as were asked for are not spoiled, or more than that
/// many are: then as many again would not be enough.
#[derive(Clone, Debug)]
pub struct Repetition {
    requested: usize,
    /// The numbers of the rounds and whether they are spoiled.
    rounds: Vec<(usize, bool)>,
}

impl Repetition {
    /// No rounds yet, of this number that was asked for.
    pub fn new(requested: usize) -> Repetition {
        Repetition {
            requested,
            rounds: Vec::new(),
        }
    }

    /// Adds a round.
    pub fn add(&mut self, round: usize, is_spoiled: bool) {
        self.rounds.push((round, is_spoiled));
    }

    /// The number of rounds that were spoiled.
    pub fn spoiled(&self) -> usize {
        self.spoiled_rounds().len()
    }

    /// The rounds that were spoiled.
    pub fn spoiled_rounds(&self) -> Vec<usize> {
        let spoiled = self.rounds.iter().filter(|(_, is_spoiled)| *is_spoiled);
        spoiled.map(|(round, _)| *round).collect()
    }

    /// Whether another round is to be measured.
    pub fn needs_another(&self) -> bool {
        let spoiled = self.spoiled();
        self.rounds.len() - spoiled < self.requested && spoiled <= self.requested
    }

    /// The rounds that are in no figure: spoiled ones, except the last of them if there are too few others.
    pub fn set_apart(&self) -> Vec<usize> {
        let excess = self.rounds.len().saturating_sub(self.requested);
        self.spoiled_rounds().into_iter().take(excess).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measures rounds until none is needed.
    fn measured(requested: usize, is_spoiled: impl Fn(usize) -> bool) -> Repetition {
        let mut repetition = Repetition::new(requested);
        let mut round = 0;
        while repetition.needs_another() {
            round += 1;
            repetition.add(round, is_spoiled(round));
        }
        repetition
    }

    #[test]
    fn spoiled_rounds_are_repeated_and_set_apart() {
        let repetition = measured(20, |round| [3, 7, 21].contains(&round));
        assert_eq!(repetition.rounds.len(), 23);
        assert_eq!(repetition.set_apart(), [3, 7, 21]);
        let clean = measured(20, |_| false);
        assert_eq!((clean.rounds.len(), clean.set_apart()), (20, vec![]));
    }

    #[test]
    fn at_most_as_many_rounds_again_are_measured() {
        // Every second round is spoiled, and the last one of 40.
        let repetition = measured(20, |round| round % 2 == 0);
        assert_eq!((repetition.rounds.len(), repetition.spoiled()), (39, 19));
        for period in 1..10 {
            let rounds = measured(20, |round| round % period == 0).rounds.len();
            assert!(rounds <= 40, "{rounds}");
        }
    }

    #[test]
    fn last_spoiled_rounds_are_kept_if_there_are_too_few_others() {
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
