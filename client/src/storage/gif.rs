//! Structural check of a GIF (`GIF89a` specification, W3C), for responses without a digest, whose body may be incomplete
//! although no error was reported. Reads the sequence of blocks without decoding pixels.

const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];
/// Lengths, in bytes: of the signature, of the signature with the screen descriptor, and of an image descriptor without
/// its introducer.
const SIGNATURE: usize = 6;
const SCREEN: usize = SIGNATURE + 7;
const DESCRIPTOR: usize = 9;

/// Introducers: the first byte of each kind of block.
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

/// Whether the bytes begin as a GIF does.
pub(crate) fn has_signature(bytes: &[u8]) -> bool {
    SIGNATURES
        .iter()
        .any(|signature| bytes.starts_with(signature))
}

/// Whether the bytes are a GIF from its signature to its trailer, with an image and nothing after the trailer.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    walk(bytes).is_some()
}

fn walk(bytes: &[u8]) -> Option<()> {
    let (screen, after) = bytes.split_at_checked(SCREEN)?;
    if !has_signature(screen) {
        return None;
    }
    let mut rest = skip(after, colours(screen[10]))?;
    let mut has_image = false;
    loop {
        let (&introducer, after) = rest.split_first()?;
        rest = match introducer {
            // One byte, the label, comes before the sub-blocks.
            EXTENSION => sub_blocks(skip(after, 1)?)?,
            IMAGE => {
                has_image = true;
                image(after)?
            }
            TRAILER => return (has_image && after.is_empty()).then_some(()),
            _ => return None,
        };
    }
}

/// Skips an image (descriptor, colour table, code size, data), given the bytes after its introducer; returns the rest.
fn image(bytes: &[u8]) -> Option<&[u8]> {
    let (descriptor, after) = bytes.split_at_checked(DESCRIPTOR)?;
    sub_blocks(skip(after, colours(descriptor[8]) + 1)?)
}

/// The length in bytes of the colour table that the flags of a descriptor declare: 3 bytes per colour.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Skips a sequence of sub-blocks and returns the rest. Each sub-block begins with its length; length 0 ends the
/// sequence.
fn sub_blocks(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, after) = bytes.split_first()?;
        bytes = skip(after, length.into())?;
        if length == 0 {
            return Some(bytes);
        }
    }
}

fn skip(bytes: &[u8], count: usize) -> Option<&[u8]> {
    bytes.get(count..)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flagpole_fixtures::Catalog;
    use flagpole_protocol::Resource;
    use proptest::prelude::*;

    /// One pixel, without a colour table.
    pub(crate) const SMALLEST: &[u8] =
        b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

    /// A GIF that contains a text of at most 255 bytes.
    pub(crate) fn with_text(text: &str) -> Vec<u8> {
        let (screen, image) = SMALLEST.split_at(SCREEN);
        let length = u8::try_from(text.len()).unwrap();
        [screen, b"!\x01", &[length], text.as_bytes(), b"\0", image].concat()
    }

    #[test]
    fn every_flag_is_complete() {
        let catalog = Catalog::embedded();
        for code in catalog.codes() {
            let flag = catalog.get(Resource::Flag(code)).unwrap();
            assert!(is_complete(flag), "{code}");
        }
        assert!(is_complete(SMALLEST));
        assert!(is_complete(&[b"GIF87a", &SMALLEST[6..]].concat()));
    }

    #[test]
    fn truncated_or_extended_flags_are_incomplete() {
        let catalog = Catalog::embedded();
        let flag = catalog.get(Resource::Flag("BR".parse().unwrap())).unwrap();
        for whole in [flag, SMALLEST] {
            for end in 0..whole.len() {
                assert!(!is_complete(&whole[..end]), "{end} of {}", whole.len());
            }
            assert!(!is_complete(&[whole, b";"].concat()));
            assert!(!is_complete(&[whole, whole].concat()));
        }
    }

    #[test]
    fn other_bytes_are_not_a_gif() {
        let screen = &SMALLEST[..SCREEN];
        let strange = [screen, &[7], &SMALLEST[SCREEN..]].concat();
        let other = [b"GIF90a", &SMALLEST[6..]].concat();
        for bad in [
            &b"GIF89a"[..],
            b"GIF89a and so on;",
            &[screen, b";"].concat(),
            &strange,
            &other,
        ] {
            assert!(!is_complete(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_handled(bytes: Vec<u8>) {
            is_complete(&[&SMALLEST[..SCREEN], &bytes].concat());
            is_complete(&bytes);
        }
    }
}
