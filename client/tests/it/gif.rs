//! GIFs to be sent and saved: whole ones, in ASCII, as large as one likes.

/// One pixel.
pub(crate) const GIF: &str = "GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Where the screen is told and the image is not.
const SCREEN: usize = 13;

/// One that differs from those of other texts.
pub(crate) fn saying(text: &str) -> String {
    let pieces = text.as_bytes().chunks(100);
    let block = |piece: &[u8]| format!("{}{}", char::from(piece.len() as u8), piece.escape_ascii());
    with(&pieces.map(block).collect::<String>())
}

/// One of so many bytes.
pub(crate) fn of(length: usize) -> String {
    let room = length - with("").len();
    let odd = if room % 2 == 1 { "\x02xx" } else { "" };
    with(&format!("{odd}{}", "\x01x".repeat((room - odd.len()) / 2)))
}

/// An extension with these sub-blocks stands before the image.
fn with(blocks: &str) -> String {
    format!("{}!\x01{blocks}\0{}", &GIF[..SCREEN], &GIF[SCREEN..])
}
