//! Normalises the path of a request target: equivalent paths become the same text.

use std::borrow::Cow;

/// The path in normal form: percent-encoded unreserved characters are decoded (RFC 3986 section 6.2.2.2), the
/// hexadecimal digits of the others are upper case (6.2.2.1), dot segments are removed (5.2.4), and repeated
/// slashes are merged. A `%` that does not begin an encoded byte becomes `%25`. Normalising twice changes nothing.
///
/// ```
/// use flagpole_protocol::normalized_path;
///
/// assert_eq!(normalized_path("//flags/./%62r/x/../br.gif"), "/flags/br/br.gif");
/// assert_eq!(normalized_path("/a%2fb"), "/a%2Fb");
/// ```
pub fn normalized_path(path: &str) -> Cow<'_, str> {
    let is_normal = !path.contains('%') && !path.contains("//") && !path.contains("/.");
    if is_normal && !path.starts_with('.') {
        return Cow::Borrowed(path);
    }
    let segments = without_dot_segments(&decode_unreserved(path));
    Cow::Owned(merge_slashes(&segments))
}

fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        rest = after;
        let Some(byte) = hex_byte(after) else {
            decoded.push_str("%25");
            continue;
        };
        rest = &after[2..];
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '~') {
            decoded.push(letter);
        } else {
            decoded.push('%');
            decoded.push_str(&after[..2].to_ascii_uppercase());
        }
    }
    decoded + rest
}

/// The byte that the first two characters encode.
fn hex_byte(text: &str) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let [high, low, ..] = text.as_bytes() else {
        return None;
    };
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Removes `.` and `..` with the segment before it. An absolute path stays absolute; a path that ends in a dot
/// segment ends in a slash (RFC 3986 section 5.2.4).
fn without_dot_segments(path: &str) -> String {
    let (root, relative) = match path.strip_prefix('/') {
        Some(relative) => ("/", relative),
        None => ("", path),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_dots = false;
    for segment in relative.split('/') {
        ends_in_dots = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    if ends_in_dots && !kept.is_empty() {
        kept.push("");
    }
    root.to_owned() + &kept.join("/")
}

fn merge_slashes(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter != '/' || !merged.ends_with('/') {
            merged.push(letter);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_rfc_3986_are_normalised() {
        for (path, normal) in [
            // Section 5.2.4.
            ("/a/b/c/./../../g", "/a/g"),
            // Section 5.4, the path of the base /b/c/d;p joined with the reference.
            ("/b/c/.", "/b/c/"),
            ("/b/c/./", "/b/c/"),
            ("/b/c/..", "/b/"),
            ("/b/c/../", "/b/"),
            ("/b/c/../g", "/b/g"),
            ("/b/c/../..", "/"),
            ("/b/c/../../g", "/g"),
            ("/b/c/../../../g", "/g"),
            ("/b/c/../../../../g", "/g"),
            ("/./g", "/g"),
            ("/../g", "/g"),
            ("/b/c/g.", "/b/c/g."),
            ("/b/c/.g", "/b/c/.g"),
            ("/b/c/g..", "/b/c/g.."),
            ("/b/c/..g", "/b/c/..g"),
            ("/b/c/./../g", "/b/g"),
            ("/b/c/./g/.", "/b/c/g/"),
            ("/b/c/g/./h", "/b/c/g/h"),
            ("/b/c/g/../h", "/b/c/h"),
            ("/b/c/g;x=1/./y", "/b/c/g;x=1/y"),
            ("/b/c/g;x=1/../y", "/b/c/y"),
            // Sections 6.2.2.1 and 6.2.2.2.
            ("/%7Esmith/home.html", "/~smith/home.html"),
            ("/%7esmith/home.html", "/~smith/home.html"),
            ("/a%2fb%3a", "/a%2Fb%3A"),
        ] {
            assert_eq!(normalized_path(path), normal, "{path}");
        }
    }

    #[test]
    fn encoded_dots_and_repeated_slashes_are_removed_and_the_rest_is_unchanged() {
        for (path, normal) in [
            ("/flags/br/%2E%2e/br/br.gif", "/flags/br/br.gif"),
            ("//flags///br/br.gif", "/flags/br/br.gif"),
            ("/flags/%62r/br.gif", "/flags/br/br.gif"),
            ("/flags%2Fbr/br.gif", "/flags%2Fbr/br.gif"),
            // An empty segment is a segment: `..` removes it.
            ("/a//../b", "/a/b"),
            ("/%C3%a9", "/%C3%A9"),
            ("/é", "/é"),
            ("/100%", "/100%25"),
            ("/%%34%31", "/%2541"),
            ("/%zz", "/%25zz"),
            ("*", "*"),
            ("", ""),
            ("/", "/"),
        ] {
            assert_eq!(normalized_path(path), normal, "{path}");
        }
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(path in prop_oneof!["(/|\\.|%|[0-9a-fA-F]|é){0,24}", ".*"]) {
            let once = normalized_path(&path);
            prop_assert_eq!(&normalized_path(&once), &once);
        }

        #[test]
        fn absolute_paths_have_no_dot_segments_and_no_repeated_slashes(path in "/(/|\\.|%2e|[a-c]){0,24}") {
            let normal = normalized_path(&path);
            prop_assert!(normal.starts_with('/') && !normal.contains("//"), "{}", normal);
            prop_assert!(normal.split('/').all(|segment| segment != "." && segment != ".."), "{}", normal);
        }
    }
}
