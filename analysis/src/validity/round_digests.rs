//! The digests of the rounds of strategies: all must be equal, and where they are not, a sentence says which differ.

use crate::human::list;
use flagpole_protocol::ShortDigest;
use std::collections::BTreeMap;
use std::fmt;

/// The number of rounds up to which a sentence names each.
const NAMED_ROUNDS: usize = 4;
/// The number of strategies up to which a sentence names each.
const NAMED_STRATEGIES: usize = 3;

/// The digest of each round of a strategy that has one, by the number of the round.
pub type RoundDigests = BTreeMap<usize, ShortDigest>;

/// The digest of all rounds; `None` if two rounds differ, or no round has a digest.
pub fn common_digest(rounds: &RoundDigests) -> Option<ShortDigest> {
    let first = *rounds.values().next()?;
    rounds
        .values()
        .all(|digest| *digest == first)
        .then_some(first)
}

/// Digests that should be equal and differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DigestDifference {
    /// What has the digests: "the fates of threads and async".
    subject: String,
    /// "differ in" or "differ from those of round 1 in".
    predicate: String,
    /// The rounds with a difference, from 1.
    rounds: Vec<usize>,
    /// The number of rounds that were compared.
    compared: usize,
    /// Two digests that differ: in the first of the rounds, or before it and in it.
    digests: [ShortDigest; 2],
}

impl DigestDifference {
    /// The first difference between two strategies in the same round; if there is none, between rounds.
    pub(super) fn find(
        what: &str,
        strategies: &[(&str, &RoundDigests)],
    ) -> Option<DigestDifference> {
        let pairs = (1..).zip(strategies);
        let pairs =
            pairs.flat_map(|(next, one)| strategies[next..].iter().map(move |it| (one, it)));
        let mut differences = pairs.filter_map(|(one, other)| between_strategies(what, one, other));
        differences
            .next()
            .or_else(|| between_rounds(what, strategies))
    }
}

fn between_strategies(
    what: &str,
    (name, one): &(&str, &RoundDigests),
    (other_name, other): &(&str, &RoundDigests),
) -> Option<DigestDifference> {
    let pairs = one.iter().filter_map(|(round, digest)| {
        let other = other.get(round)?;
        Some((*round, [digest, other]))
    });
    let pairs: Vec<_> = pairs.collect();
    let differing = pairs.iter().filter(|(_, [one, other])| one != other);
    let rounds: Vec<_> = differing.clone().map(|(round, _)| *round).collect();
    let (_, digests) = differing.clone().next()?;
    Some(DigestDifference {
        subject: format!("the {what} of {name} and {other_name}"),
        predicate: "differ in".to_owned(),
        rounds,
        compared: pairs.len(),
        digests: digests.map(|digest| *digest),
    })
}

/// A difference between the first and later rounds, which all strategies share, as no two differ in a round.
fn between_rounds(what: &str, strategies: &[(&str, &RoundDigests)]) -> Option<DigestDifference> {
    let all = strategies.iter().flat_map(|(_, digests)| *digests);
    let all: RoundDigests = all.map(|(round, digest)| (*round, *digest)).collect();
    let (first_round, first) = all.first_key_value()?;
    let differing = || all.iter().filter(|(_, digest)| *digest != first);
    let (_, other) = differing().next()?;
    let names: Vec<_> = strategies
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    Some(DigestDifference {
        subject: format!("the {what} of {}", enumerate(&names, NAMED_STRATEGIES)),
        predicate: format!("differ from those of round {first_round} in"),
        rounds: differing().map(|(round, _)| *round).collect(),
        compared: all.len(),
        digests: [*first, *other],
    })
}

impl fmt::Display for DigestDifference {
    /// `the fates of threads and async differ in rounds 2 and 3 (round 2: digests 89c1 and 04fe)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DigestDifference {
            subject,
            predicate,
            rounds,
            compared,
            digests: [one, other],
        } = self;
        write!(f, "{subject} {predicate} ")?;
        let first = rounds.first().copied().unwrap_or_default();
        let numbers: Vec<_> = rounds.iter().map(ToString::to_string).collect();
        match rounds.len() {
            1 => write!(f, "round {first} (digests {one} and {other})"),
            few if few <= NAMED_ROUNDS => {
                let rounds = enumerate(&numbers, NAMED_ROUNDS);
                write!(
                    f,
                    "rounds {rounds} (round {first}: digests {one} and {other})"
                )
            }
            many => {
                write!(
                    f,
                    "{many} of {compared} rounds (round {first}: digests {one} and {other})"
                )
            }
        }
    }
}

/// `1`, `1 and 2`, `1, 2 and 3`; of more than `max`, the first and the number of the others.
fn enumerate(items: &[String], max: usize) -> String {
    match items {
        [one, ..] if items.len() > max => format!("{one} and {} others", items.len() - 1),
        _ => list(&items.iter().map(String::as_str).collect::<Vec<_>>()),
    }
}
