//! Parameters of a query: `name=value`, separated by `&`.

/// The values of the parameters with a name, as they were sent.
pub(crate) fn values<'q>(query: &'q str, name: &str) -> impl Iterator<Item = &'q str> {
    let value = move |parameter: &'q str| {
        let (given, value) = parameter.split_once('=')?;
        (given == name).then_some(value)
    };
    query.split('&').filter_map(value)
}

/// The text that a value stands for: percent-encoded bytes are decoded. A `%` that does not begin an encoded byte is a `%`,
/// and a `+` is a `+`. `None` if the bytes are no UTF-8.
pub(crate) fn decode(value: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let encoded = encoded_byte(after).filter(|_| first == b'%');
        decoded.push(encoded.unwrap_or(first));
        rest = &after[if encoded.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8(decoded).ok()
}

/// The byte that two hexadecimal digits encode.
fn encoded_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let [high, low, ..] = digits else {
        return None;
    };
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_stand_among_others_and_occur_several_times() {
        let query = "x=1&flagpole=a&flagpoles=b&flagpole&flagpole=c=d&Flagpole=e";
        let values: Vec<_> = values(query, "flagpole").collect();
        assert_eq!(values, ["a", "c=d"]);
    }

    #[test]
    fn percent_encoded_bytes_are_decoded_and_all_else_stays() {
        for (value, text) in [
            ("latency%3a50ms%2Cfault:503", "latency:50ms,fault:503"),
            ("fault:503@50%", "fault:503@50%"),
            ("90%:20ms|10%:1s", "90%:20ms|10%:1s"),
            ("%", "%"),
            ("%4", "%4"),
            ("%%34%31", "%41"),
            ("+10", "+10"),
            ("%C3%a9", "é"),
            ("é", "é"),
        ] {
            assert_eq!(decode(value).as_deref(), Some(text), "{value}");
        }
        assert_eq!(decode("%ff"), None);
    }
}
