//! Complete GIFs in ASCII, of any size.

/// One pixel.
pub(crate) const GIF: &str = "GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// The length of signature and screen descriptor.
const SCREEN: usize = 13;

/// A GIF that contains a text.
pub(crate) fn with_text(text: &str) -> String {
    let pieces = text.as_bytes().chunks(100);
    let block = |piece: &[u8]| {
        format!(
            "{}{}",
            char::from(u8::try_from(piece.len()).unwrap()),
            piece.escape_ascii()
        )
    };
    with_extension(&pieces.map(block).collect::<String>())
}

/// A GIF of this length in bytes.
pub(crate) fn of_length(length: usize) -> String {
    let room = length - with_extension("").len();
    let odd = if room % 2 == 1 { "\x02xx" } else { "" };
    with_extension(&format!("{odd}{}", "\x01x".repeat((room - odd.len()) / 2)))
}

/// A GIF with an extension of these sub-blocks before the image.
fn with_extension(blocks: &str) -> String {
    format!("{}!\x01{blocks}\0{}", &GIF[..SCREEN], &GIF[SCREEN..])
}
