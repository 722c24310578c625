//! Content codings and their negotiation (RFC 9110 sections 8.4.1 and 12.5.3).

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A coding of a representation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentCoding {
    /// No coding.
    #[default]
    Identity,
    /// `gzip` (section 8.4.1.3).
    Gzip,
}

/// The weights that a request gives to codings, in thousandths; `None` for a coding that it does not list.
#[derive(Default)]
struct Weights {
    gzip: Option<u16>,
    identity: Option<u16>,
    /// `*`: every coding that is not listed.
    others: Option<u16>,
}

impl ContentCoding {
    /// The coding for a resource with both representations: gzip if the request lists it, or `*`, with a weight above 0
    /// and not below that of identity. Identity otherwise, also if the request excludes both codings: section 12.5.3
    /// prefers a response that the client may be unable to read to none. Malformed elements are ignored.
    pub fn negotiate(request: &HeaderMap) -> ContentCoding {
        // Most requests have few fields: comparing all names is cheaper than a look-up. Many ask for `identity`, in which
        // neither a name of gzip nor `*` can be.
        let may_be_gzip = |byte: &u8| matches!(byte, b'z' | b'Z' | b'*');
        let may_ask = |(name, line): (&HeaderName, &HeaderValue)| {
            name == ACCEPT_ENCODING && line.as_bytes().iter().any(may_be_gzip)
        };
        if !request.iter().any(may_ask) {
            return ContentCoding::Identity;
        }
        let weights = Weights::parse(request.get_all(ACCEPT_ENCODING));
        let gzip = weights.gzip.or(weights.others).unwrap_or(0);
        let identity = weights.identity.or(weights.others).unwrap_or(0);
        if gzip > 0 && gzip >= identity {
            ContentCoding::Gzip
        } else {
            ContentCoding::Identity
        }
    }
}

impl Weights {
    /// The weights of the lines of a field. Of a coding that is listed twice the first counts.
    fn parse<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Weights {
        let mut weights = Weights::default();
        let lines = lines.into_iter().filter_map(|line| line.to_str().ok());
        for (coding, weight) in lines.flat_map(|line| line.split(',').filter_map(parse_element)) {
            let listed = match coding.to_ascii_lowercase().as_str() {
                // Section 8.4.1.3: a recipient considers these equivalent.
                "gzip" | "x-gzip" => &mut weights.gzip,
                "identity" => &mut weights.identity,
                "*" => &mut weights.others,
                _ => continue,
            };
            listed.get_or_insert(weight);
        }
        weights
    }
}

/// A coding and its weight, such as `gzip;q=0.5`.
fn parse_element(element: &str) -> Option<(&str, u16)> {
    let space = [' ', '\t'];
    let Some((coding, weight)) = element.split_once(';') else {
        return Some((element.trim_matches(space), 1000));
    };
    let weight = weight.trim_matches(space);
    let weight = weight
        .strip_prefix("q=")
        .or_else(|| weight.strip_prefix("Q="))?;
    Some((coding.trim_matches(space), parse_weight(weight)?))
}

/// A weight from `0` to `1` with at most three decimals (section 12.4.2), in thousandths.
fn parse_weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" if is_number => Some(thousandths),
        "1" if is_number && thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ContentCoding::{Gzip, Identity};
    use proptest::prelude::*;

    fn negotiate(lines: &[&str]) -> ContentCoding {
        let mut request = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            request.append(ACCEPT_ENCODING, line);
        }
        ContentCoding::negotiate(&request)
    }

    #[test]
    fn gzip_is_sent_only_if_it_is_asked_for() {
        for (field, expected) in [
            // The examples of section 12.5.3.
            ("compress, gzip", Gzip),
            ("", Identity),
            ("*", Gzip),
            ("compress;q=0.5, gzip;q=1.0", Gzip),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", Gzip),
            // Those of browsers, curl and Python's requests.
            ("gzip, deflate, br, zstd", Gzip),
            ("deflate, gzip, br", Gzip),
            ("identity", Identity),
            ("br, deflate", Identity),
            // Section 8.4.1: codings are case-insensitive; x-gzip is gzip.
            ("GZip", Gzip),
            ("x-gzip", Gzip),
            ("X-GZIP;q=0", Identity),
            // Weights.
            ("gzip;q=0", Identity),
            ("gzip;q=0.000", Identity),
            ("gzip;q=0.001", Gzip),
            ("gzip;q=1", Gzip),
            ("gzip;Q=1.000", Gzip),
            ("gzip \t; \tq=0.5", Gzip),
            ("gzip;q=0.5, identity", Identity),
            ("gzip;q=0.5, identity;q=0.5", Gzip),
            ("gzip;q=0.5, identity;q=0.4", Gzip),
            // `*` stands for what is not listed.
            ("*;q=0", Identity),
            ("*;q=0.1", Gzip),
            ("gzip;q=0, *", Identity),
            ("*, gzip;q=0", Identity),
            ("gzip;q=0.5, *", Identity),
            ("identity;q=0, *", Gzip),
            ("identity, *;q=0", Identity),
            ("*;q=0, gzip", Gzip),
            // Neither is acceptable.
            ("identity;q=0", Identity),
            ("identity;q=0, gzip;q=0", Identity),
            ("br, identity;q=0", Identity),
            // Section 5.6.1.2: empty elements.
            (", ,gzip,,", Gzip),
            ("gzip;q=0, gzip", Identity),
        ] {
            assert_eq!(negotiate(&[field]), expected, "{field}");
        }
        assert_eq!(negotiate(&[]), Identity);
        // Section 5.3: lines are one list.
        assert_eq!(negotiate(&["br", "gzip"]), Gzip);
        assert_eq!(negotiate(&["gzip;q=0.5", "identity"]), Identity);
    }

    #[test]
    fn malformed_elements_are_ignored() {
        for weight in [
            "", "2", "1.001", "1.1", "-1", "+0", "0.0001", "00", "01", ".5", "0,5", "x", "0.x",
            "0.-1", "1e0", "1;x=y", "NaN",
        ] {
            let field = format!("gzip;q={weight}");
            assert_eq!(negotiate(&[&field]), Identity, "{field}");
        }
        for field in [
            "gzip;",
            "gzip;x=1",
            "gzip;level=9;q=1",
            "gzip;q =1",
            "gzip;q= 1",
            "\"gzip\"",
            "gzip deflate",
            "gzipped",
            "gz",
        ] {
            assert_eq!(negotiate(&[field]), Identity, "{field}");
        }
        assert_eq!(negotiate(&["br;q=x, gzip"]), Gzip);
        assert_eq!(negotiate(&["\u{e4}", "gzip"]), Gzip);
    }

    proptest! {
        #[test]
        fn negotiation_never_panics(field in "[gzip*;q=0.1, x-]{0,40}") {
            negotiate(&[&field]);
        }

        #[test]
        fn every_weight_is_read_as_written(thousandths in 0_u16..1000) {
            prop_assert_eq!(parse_weight(&format!("0.{thousandths:03}")), Some(thousandths));
        }
    }
}
