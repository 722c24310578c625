//! `chunked`, `chunked:100`, `chunked:malformed` or `chunked:trailer=X-Checksum:1`: the body in chunks (RFC 9112
//! section 7.1) instead of a `Content-Length`, correct or with a flaw. A response without a body has no chunks, and a
//! client of HTTP/1.0, which does not know them, gets the body until the end of the connection.
//!
//! Parameters:
//! - the bytes in a chunk, 1 to 1048576; 4096 if absent;
//! - a flaw: `truncated`: FIN in the middle of the last chunk's data; `malformed`: the line after the first chunk has no
//!   size, then FIN; `endless`: the body is repeated without end; `unterminated`: FIN instead of the last chunk, the one
//!   of size 0;
//! - `trailer=Name:Value`: a trailer field, repeatable; not with a flaw, which leaves no place for it.

use super::field;
use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{ChunkFlaw, Chunking, Ending, Fate, Framing, Offset, SpecError};
use std::sync::Arc;

/// The bytes in a chunk if none are given.
const DEFAULT_SIZE: u32 = 4096;

/// The maximum number of bytes in a chunk.
const MAX_SIZE: u32 = 1 << 20;

const FLAWS: [(&str, ChunkFlaw); 4] = [
    ("truncated", ChunkFlaw::Truncated),
    ("malformed", ChunkFlaw::Malformed),
    ("endless", ChunkFlaw::Endless),
    ("unterminated", ChunkFlaw::Unterminated),
];

#[derive(Debug)]
struct ChunkedFault(Arc<Chunking>);

impl Fault for ChunkedFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.framing = Framing::Chunked(self.0.clone());
        fate.ending = match self.0.flaw {
            None | Some(ChunkFlaw::Endless) => Ending::Complete,
            Some(ChunkFlaw::Truncated | ChunkFlaw::Malformed | ChunkFlaw::Unterminated) => {
                Ending::Cut(Offset::Percent(100))
            }
        };
    }

    fn text(&self) -> String {
        let Chunking {
            size,
            flaw,
            trailers,
        } = &*self.0;
        let size = (*size != DEFAULT_SIZE).then(|| size.to_string());
        let flaw = FLAWS.iter().find(|known| Some(known.1) == *flaw);
        let flaw = flaw.map(|(word, _)| (*word).to_owned());
        let trailers = trailers.iter();
        let trailers = trailers.map(|trailer| format!("trailer={}", field::text(trailer)));
        let parameters: Vec<_> = size.into_iter().chain(flaw).chain(trailers).collect();
        let colon = if parameters.is_empty() { "" } else { ":" };
        format!("chunked{colon}{}", parameters.join(","))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "chunked",
    about: "the body in chunks of N bytes, with trailers, or truncated, malformed, endless or unterminated",
    example: "chunked:100,malformed",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let mut chunking = Chunking {
        size: DEFAULT_SIZE,
        flaw: None,
        trailers: Vec::new(),
    };
    let mut word = parameters.next();
    if let Some(digits) = word.filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
    {
        chunking.size = number(digits, 1..=MAX_SIZE, "1 to 1048576 bytes in a chunk")?;
        word = parameters.next();
    }
    chunking.flaw = word.map(flaw).transpose()?;
    chunking.trailers = field::take_all(parameters, "trailer")?;
    if chunking.flaw.is_some() && !chunking.trailers.is_empty() {
        let sentence = "chunks with a flaw have no end, and no trailer after it";
        return Err(SpecError::rule(sentence.to_owned()));
    }
    Ok(Box::new(ChunkedFault(Arc::new(chunking))))
}

fn flaw(word: &str) -> Result<ChunkFlaw, SpecError> {
    let flaw = FLAWS.iter().find(|known| known.0 == word);
    let unknown = || SpecError::unknown("flaw", word, FLAWS.map(|known| known.0));
    flaw.map(|known| known.1).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::{ChunkFlaw, Chunking, Ending, Framing, Offset};

    fn chunking(text: &str) -> Chunking {
        match fate_with(text).framing {
            Framing::Chunked(chunking) => (*chunking).clone(),
            framing => panic!("{framing:?}"),
        }
    }

    #[test]
    fn the_fate_has_size_flaw_and_trailers() {
        let plain = Chunking {
            size: 4096,
            flaw: None,
            trailers: Vec::new(),
        };
        assert_eq!(chunking("chunked"), plain);
        let malformed = Chunking {
            size: 100,
            flaw: Some(ChunkFlaw::Malformed),
            ..plain.clone()
        };
        assert_eq!(chunking("chunked:100,malformed"), malformed);
        let trailer = |name: &str, value: &str| (name.parse().unwrap(), value.parse().unwrap());
        let trailers = Chunking {
            trailers: vec![trailer("x-checksum", "1"), trailer("b", "2")],
            ..plain
        };
        assert_eq!(
            chunking("chunked:trailer=X-Checksum:1,trailer=b:2"),
            trailers
        );
    }

    #[test]
    fn the_connection_ends_after_a_flaw_except_without_end() {
        let cut = Ending::Cut(Offset::Percent(100));
        for (text, ending) in [
            ("chunked", Ending::Complete),
            ("chunked:truncated", cut),
            ("chunked:malformed", cut),
            ("chunked:unterminated", cut),
            ("chunked:endless", Ending::Complete),
        ] {
            assert_eq!(fate_with(text).ending, ending, "{text}");
            assert_prints_back(text);
        }
        [
            "chunked:1",
            "chunked:1048576,endless",
            "chunked:9,trailer=a:1,trailer=a:2",
        ]
        .into_iter()
        .for_each(assert_prints_back);
    }

    #[test]
    fn malformed_parameters_are_rejected() {
        for (text, sentence) in [
            (
                "chunked:0",
                "expected 1 to 1048576 bytes in a chunk, got `0`",
            ),
            (
                "chunked:1048577",
                "expected 1 to 1048576 bytes in a chunk, got `1048577`",
            ),
            (
                "chunked:truncatd",
                "unknown flaw `truncatd`; did you mean `truncated`?",
            ),
            ("chunked:endless,5", "unexpected parameter `5`"),
            (
                "chunked:trailer=x",
                "trailer: expected a field such as `X-Checksum:1`, got `x`",
            ),
            (
                "chunked:endless,trailer=a:1",
                "chunks with a flaw have no end, and no trailer after it",
            ),
        ] {
            assert_eq!(error(text), format!("chunked: {sentence}"));
        }
    }
}
