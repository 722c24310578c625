//! The file name of a saved flag, made from the name of a country that came from the network.
//!
//! No crate is used, because the crates that sanitize file names handle neither a suffix that must stay complete, nor
//! leading dots and dashes, nor characters that change the direction of text.

use flagpole_protocol::CountryCode;

/// The maximum length of a path component on Linux, in bytes. The limits of macOS and Windows are not stricter.
const COMPONENT_MAX: usize = 255;

/// No name begins or ends with these: `.x` is hidden, `-x` reads as an option, Windows drops a dot at the end.
const EDGES: [char; 3] = ['.', '-', '_'];

/// Names of devices in Windows, with any extension: `NUL.txt` means `NUL`.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Names of devices in Windows that are followed by a digit; a superscript 1, 2 or 3 counts as a digit.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// The suffix after the name of the country, such as `--BR.gif`. Two countries of the same name have different
/// suffixes.
fn suffix(code: CountryCode) -> String {
    format!("--{code}.gif")
}

/// `Brazil--BR.gif`: one visible path component of at most 255 bytes. Letters of all scripts, accents and emoji are
/// kept. Without a visible name the code is used: `BR--BR.gif`.
pub(crate) fn file_name(country: &str, code: CountryCode) -> String {
    let suffix = suffix(code);
    let visible: String = country.chars().filter_map(visible).collect();
    let stem = visible.trim_matches(EDGES);
    // One byte for the underscore before a device.
    let stem = truncated(stem, COMPONENT_MAX - suffix.len() - 1).trim_end_matches(EDGES);
    match stem {
        "" => format!("{code}{suffix}"),
        device if is_device(device) => format!("_{device}{suffix}"),
        stem => format!("{stem}{suffix}"),
    }
}

/// The code in a file name that [`file_name`] may have made.
pub(crate) fn parse_code(file_name: &str) -> Option<CountryCode> {
    let (_, end) = file_name.rsplit_once("--")?;
    let code = end.get(..2)?.parse().ok()?;
    file_name.ends_with(&suffix(code)).then_some(code)
}

/// The character that replaces this one in a name; `None` if it is dropped.
fn visible(character: char) -> Option<char> {
    match character {
        // Path separators, and characters that Windows reserves.
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => Some('_'),
        // Change the direction of text (UAX #9, section 2), which can make `gif.exe` look like `exe.gif`.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            None
        }
        // Have no width. The joiners U+200C and U+200D are kept: Persian and emoji need them.
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
        space if space.is_whitespace() => Some('_'),
        control if control.is_control() => None,
        other => Some(other),
    }
}

/// At most `max_bytes` bytes of a text, cut between two characters.
fn truncated(text: &str, max_bytes: usize) -> &str {
    let fits = (0..=max_bytes.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    &text[..fits.unwrap_or(0)]
}

fn is_device(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or_default();
    let name = name.trim_end_matches('_').to_lowercase();
    let is_numbered = |device: &str| {
        let number = name.strip_prefix(device).unwrap_or_default();
        let mut digits = number.chars();
        let is_digit = |digit: char| digit.is_ascii_digit() || "¹²³".contains(digit);
        digits.next().is_some_and(is_digit) && digits.next().is_none()
    };
    DEVICES.contains(&name.as_str()) || NUMBERED.iter().any(|device| is_numbered(device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_fixtures::Catalog;
    use flagpole_protocol::Resource;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    fn br(country: &str) -> String {
        file_name(country, "BR".parse().unwrap())
    }

    #[test]
    fn spaces_become_underscores_and_letters_are_kept() {
        for (country, name) in [
            ("Brazil", "Brazil--BR.gif"),
            ("United States", "United_States--BR.gif"),
            ("São Tomé and Príncipe", "São_Tomé_and_Príncipe--BR.gif"),
            ("Sa\u{303}o", "Sa\u{303}o--BR.gif"),
            ("Guinea-Bissau", "Guinea-Bissau--BR.gif"),
            ("Korea (the Republic of)", "Korea_(the_Republic_of)--BR.gif"),
            ("Côte d'Ivoire", "Côte_d'Ivoire--BR.gif"),
            ("St. Helena", "St._Helena--BR.gif"),
            ("中国", "中国--BR.gif"),
            ("🇧🇷 👩‍👩‍👧", "🇧🇷_👩‍👩‍👧--BR.gif"),
        ] {
            assert_eq!(br(country), name);
        }
    }

    #[test]
    fn malicious_name_is_one_visible_component() {
        for (country, name) in [
            ("../../etc/passwd", "etc_passwd--BR.gif"),
            ("/etc/passwd", "etc_passwd--BR.gif"),
            (r"..\..\Windows\x", "Windows_x--BR.gif"),
            (r"C:\x", "C__x--BR.gif"),
            ("a:stream", "a_stream--BR.gif"),
            (".profile", "profile--BR.gif"),
            ("-rf *", "rf--BR.gif"),
            ("Bra\0zil\u{7}\u{1b}[2J\u{85}", "Brazil[2J--BR.gif"),
            ("a\r\nb\tc\u{2028}d", "a__b_c_d--BR.gif"),
            ("exe.\u{202e}fig\u{2066}\u{200f}", "exe.fig--BR.gif"),
            ("Bra\u{200b}zil\u{feff}", "Brazil--BR.gif"),
            (r#"<a>:"b"|c?*"#, "a___b__c--BR.gif"),
            ("Brazil. . ", "Brazil--BR.gif"),
            ("A--US.gif", "A--US.gif--BR.gif"),
        ] {
            assert_eq!(br(country), name);
        }
    }

    #[test]
    fn empty_name_is_replaced_by_the_code() {
        for empty in ["", " ", ".", "..", "../..", "---", "\0", "\u{202e}", "/\\"] {
            assert_eq!(br(empty), "BR--BR.gif", "{empty:?}");
        }
    }

    #[test]
    fn windows_devices_are_avoided() {
        for device in [
            "CON.x",
            "nul.tar.gz",
            "Com1.a",
            "LPT³.a",
            "aux .c",
            "CONIN$.x",
        ] {
            assert!(br(device).starts_with('_'), "{}", br(device));
        }
        for country in ["Congo", "Comoros.x", "COM.x", "com12.x", "Null Island.x"] {
            assert!(!br(country).starts_with('_'), "{}", br(country));
        }
    }

    #[test]
    fn long_name_is_cut_between_characters_and_keeps_its_suffix() {
        assert_eq!(br(&"x".repeat(300)).len(), COMPONENT_MAX - 1);
        assert_eq!(br(&"é".repeat(300)), format!("{}--BR.gif", "é".repeat(123)));
        assert_eq!(br(&format!("con.{}", "x".repeat(300))).len(), COMPONENT_MAX);
        let dots = format!("{}{}", "x".repeat(240), ".".repeat(60)) + "x";
        assert_eq!(br(&dots), format!("{}--BR.gif", "x".repeat(240)));
    }

    #[test]
    fn every_country_in_the_catalog_keeps_its_name() {
        let catalog = Catalog::embedded();
        let metadata = catalog
            .iter()
            .filter(|(resource, _)| matches!(resource, Resource::Metadata(_)));
        for (resource, file) in metadata {
            let metadata: serde_json::Value = serde_json::from_slice(&file.body).unwrap();
            let country = metadata["country"].as_str().unwrap();
            let code = resource.code().unwrap();
            let name = format!("{}--{code}.gif", country.replace(' ', "_"));
            assert_eq!(file_name(country, code), name);
            assert_eq!(parse_code(&name), Some(code));
        }
    }

    #[test]
    fn parse_code_requires_the_suffix() {
        for other in [
            "br.gif",
            "BR.gif",
            "x--br.gif",
            "x--BR.gif.part",
            "x--B.gif",
            "x--é.gif",
            "--",
        ] {
            assert_eq!(parse_code(other), None, "{other}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            any::<char>().prop_map(String::from),
            r"[./\\:\x00-\x1f -]{1,4}",
            Just("con.".to_owned()),
            Just("\u{202e}".to_owned()),
            Just("👩‍👧".repeat(20)),
        ];
        prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_name_stays_in_the_folder(
            country in hostile(),
            code in "[A-Z]{2}",
        ) {
            let name = file_name(&country, code.parse().unwrap());
            let end = format!("--{code}.gif");
            prop_assert!(name.ends_with(&end) && name.len() > end.len());
            prop_assert!(name.len() <= 255);
            let mut components = Path::new(&name).components();
            prop_assert_eq!(components.next(), Some(Component::Normal(name.as_ref())));
            prop_assert_eq!(components.next(), None);
            prop_assert!(!name.starts_with(['.', '-', ' ']));
            prop_assert!(!name.contains(|c: char| c.is_control() || c.is_whitespace() || "/\\:".contains(c)));
            prop_assert!(!is_device(&name));
            prop_assert_eq!(parse_code(&name), code.parse().ok());
        }

        #[test]
        fn names_of_two_codes_differ(one in hostile(), two in hostile()) {
            let [br, us] = ["BR", "US"].map(|code| code.parse().unwrap());
            prop_assert_ne!(file_name(&one, br).to_lowercase(), file_name(&two, us).to_lowercase());
        }
    }
}
