//! Server-sent events as text (HTML Living Standard, section 9.2).

use bytes::Bytes;
use std::time::Duration;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// The number of snapshots in a piece of the history: a reader that reads slowly holds no more than one piece.
const SNAPSHOTS_PER_PIECE: usize = 64;

/// An event; the data is JSON without line breaks.
pub(super) fn event(name: &str, json: &str) -> Bytes {
    format!("event: {name}\ndata: {json}\n\n").into()
}

/// The field that says how long to wait before connecting again.
pub(super) fn retry() -> Bytes {
    format!("retry: {}\n\n", RETRY.as_millis()).into()
}

/// The pieces of one event `history`: an array of all snapshots, whose lines of data a browser joins.
pub(super) fn history(snapshots: &[Bytes]) -> impl Iterator<Item = Bytes> + use<'_> {
    let begin = Bytes::from_static(b"event: history\ndata: [\n");
    let end = Bytes::from_static(b"data: ]\n\n");
    let pieces = snapshots.chunks(SNAPSHOTS_PER_PIECE).enumerate();
    let pieces = pieces.map(|(index, piece)| history_lines(index == 0, piece));
    [begin].into_iter().chain(pieces).chain([end])
}

fn history_lines(is_first: bool, snapshots: &[Bytes]) -> Bytes {
    let mut lines = Vec::new();
    for (index, snapshot) in snapshots.iter().enumerate() {
        let separator: &[u8] = if is_first && index == 0 { b"" } else { b"," };
        for part in [b"data: ", separator, snapshot, b"\n"] {
            lines.extend_from_slice(part);
        }
    }
    lines.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_one_event_with_an_array() {
        let snapshots: Vec<_> = (0..130)
            .map(|number| Bytes::from(number.to_string()))
            .collect();
        for count in [0, 1, 64, 65, 130] {
            let pieces: Vec<_> = history(&snapshots[..count]).collect();
            let text = String::from_utf8(pieces.concat()).unwrap();
            let lines = text.strip_prefix("event: history\n").unwrap();
            let data = lines.lines().filter_map(|line| line.strip_prefix("data: "));
            let array: Vec<usize> = serde_json::from_str(&data.collect::<String>()).unwrap();
            assert_eq!(array, (0..count).collect::<Vec<_>>());
            assert_eq!(text.matches("\n\n").count(), 1);
        }
    }
}
