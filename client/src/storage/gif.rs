//! Whether bytes are a whole GIF (`GIF89a` specification, W3C): a walk over its blocks, which looks at no
//! pixel. Of a flag whose digest nobody gives it is all that can be known: a body may lack its end
//! without a word from its server.

/// How a GIF begins; the screen descriptor follows.
const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];
const SIGNATURE: usize = 6;
/// Signature and screen descriptor together.
const SCREEN: usize = SIGNATURE + 7;
/// The descriptor of an image, behind its introducer.
const DESCRIPTOR: usize = 9;

/// What introduces a block.
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

/// Whether this is a GIF from its signature to its trailer, with an image in it and nothing behind it.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    walk(bytes).is_some()
}

fn walk(bytes: &[u8]) -> Option<()> {
    let (screen, behind) = bytes.split_at_checked(SCREEN)?;
    if !SIGNATURES.contains(&&screen[..SIGNATURE]) {
        return None;
    }
    let mut rest = skip(behind, colours(screen[10]))?;
    let mut has_image = false;
    loop {
        let (&introducer, behind) = rest.split_first()?;
        rest = match introducer {
            // Behind its label, which does not matter.
            EXTENSION => sub_blocks(skip(behind, 1)?)?,
            IMAGE => {
                has_image = true;
                image(behind)?
            }
            TRAILER => return (has_image && behind.is_empty()).then_some(()),
            _ => return None,
        };
    }
}

/// What follows an image, given what follows its introducer: its colours, the size of its codes, its data.
fn image(bytes: &[u8]) -> Option<&[u8]> {
    let (descriptor, behind) = bytes.split_at_checked(DESCRIPTOR)?;
    sub_blocks(skip(behind, colours(descriptor[8]) + 1)?)
}

/// How many bytes a colour table takes, given the flags that tell of it: 3 a colour, if there is one.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// What follows a row of sub-blocks: each begins with its length, and one of length 0 is the last.
fn sub_blocks(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, behind) = bytes.split_first()?;
        bytes = skip(behind, length.into())?;
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

    /// One of the smallest: one pixel, without a table of colours.
    pub(crate) const SMALLEST: &[u8] =
        b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

    #[test]
    fn every_flag_is_whole() {
        let catalog = Catalog::embedded();
        for code in catalog.codes() {
            let flag = catalog.get(Resource::Flag(code)).unwrap();
            assert!(is_whole(flag), "{code}");
        }
        assert!(is_whole(SMALLEST));
        assert!(is_whole(&[b"GIF87a", &SMALLEST[6..]].concat()));
    }

    #[test]
    fn no_part_of_a_flag_is_whole_and_nothing_stands_behind_it() {
        let catalog = Catalog::embedded();
        let flag = catalog.get(Resource::Flag("BR".parse().unwrap())).unwrap();
        for whole in [flag, SMALLEST] {
            for end in 0..whole.len() {
                assert!(!is_whole(&whole[..end]), "{end} of {}", whole.len());
            }
            assert!(!is_whole(&[whole, b";"].concat()));
            assert!(!is_whole(&[whole, whole].concat()));
        }
    }

    #[test]
    fn what_only_begins_or_ends_like_one_is_none() {
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
            assert!(!is_whole(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            is_whole(&[&SMALLEST[..SCREEN], &bytes].concat());
            is_whole(&bytes);
        }
    }
}
