//! Server-sent events as text (HTML Living Standard, section 9.2).

use bytes::Bytes;
use serde::Serialize;
use std::iter;
use std::time::Duration;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// The size, in bytes, from which a piece of the history is not added to: at most one snapshot more than this is encoded
/// before the reader has taken it.
const PIECE_SIZE: usize = 1 << 16;

/// A document as JSON without line breaks.
///
/// # Panics
/// If it cannot be written as JSON.
pub(super) fn as_json(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("documents of live pages are JSON")
}

/// An event; the data is JSON without line breaks.
pub(super) fn event(name: &str, json: &str) -> Bytes {
    format!("event: {name}\ndata: {json}\n\n").into()
}

/// The field that says how long to wait before connecting again.
pub(super) fn retry() -> Bytes {
    format!("retry: {}\n\n", RETRY.as_millis()).into()
}

/// The pieces of one event `history`: an array of all snapshots, whose lines of data a browser joins. A piece is encoded
/// when the iterator is asked for it; until then it holds the snapshots, which are shared.
pub(super) fn history(snapshots: Vec<Bytes>) -> impl Iterator<Item = Bytes> {
    let begin = Bytes::from_static(b"event: history\ndata: [\n");
    let end = Bytes::from_static(b"data: ]\n\n");
    let mut rest = snapshots.into_iter().enumerate();
    let pieces = iter::from_fn(move || history_lines(&mut rest));
    [begin].into_iter().chain(pieces).chain([end])
}

/// The lines of the next snapshots; `None` if there are no more. Each has its index.
fn history_lines(rest: &mut impl Iterator<Item = (usize, Bytes)>) -> Option<Bytes> {
    let mut lines = Vec::new();
    for (index, snapshot) in rest {
        let separator: &[u8] = if index == 0 { b"" } else { b"," };
        for part in [b"data: ", separator, &snapshot, b"\n"] {
            lines.extend_from_slice(part);
        }
        if lines.len() >= PIECE_SIZE {
            break;
        }
    }
    (!lines.is_empty()).then(|| lines.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_one_event_with_an_array() {
        for count in [0, 1, 2, 20_000] {
            let snapshots = (0..count).map(|number| Bytes::from(number.to_string()));
            let pieces: Vec<_> = history(snapshots.collect()).collect();
            let text = String::from_utf8(pieces.concat()).unwrap();
            let lines = text.strip_prefix("event: history\n").unwrap();
            let data = lines.lines().filter_map(|line| line.strip_prefix("data: "));
            let array: Vec<usize> = serde_json::from_str(&data.collect::<String>()).unwrap();
            assert_eq!(array, (0..count).collect::<Vec<_>>());
            assert_eq!(text.matches("\n\n").count(), 1);
        }
    }

    #[test]
    fn piece_of_the_history_is_encoded_when_it_is_asked_for() {
        let snapshot = Bytes::from(vec![b'1'; PIECE_SIZE]);
        let mut pieces = history(vec![snapshot.clone(); 10]);
        for piece in pieces.by_ref().take(10) {
            assert!(piece.len() < 2 * PIECE_SIZE);
            assert!(!snapshot.is_unique());
        }
        // The last one is encoded, and none is held.
        assert!(pieces.next().is_some() && snapshot.is_unique());
    }
}
