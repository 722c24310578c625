//! What requests ask for: which specifications are read, and what is refused.

use super::*;
use crate::fate::fault::FAMILY as FAULTS;
use crate::fate::latency::FAMILY as LATENCIES;
use flagpole_protocol::Fate;
use http::{HeaderMap, HeaderName};
use proptest::prelude::*;

fn asked(
    fields: &[(&'static str, &[u8])],
    query: Option<&str>,
) -> Result<Option<Box<Effect>>, SpecError> {
    let mut headers = HeaderMap::new();
    for &(name, value) in fields {
        let value = HeaderValue::from_bytes(value).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    effect(&RequestFields::find(&headers).unwrap(), query)
}

/// Delay in milliseconds and fault of the first request.
fn described(effect: Option<Box<Effect>>) -> Option<(u128, String)> {
    let Fate { delay, fault, .. } = effect?.fate(7, "/x", 1);
    let fault = fault.map_or_else(|| "-".to_owned(), |fault| fault.to_string());
    Some((delay.as_millis(), fault))
}

fn by_query(query: &str) -> Option<(u128, String)> {
    described(asked(&[], Some(query)).unwrap())
}

fn query_error(value: &str) -> String {
    let error = asked(&[], Some(&format!("flagpole={value}"))).unwrap_err();
    error.to_string()
}

fn field_error(name: &'static str, value: &str) -> String {
    let error = asked(&[(name, value.as_bytes())], None).unwrap_err();
    error.to_string()
}

#[test]
fn a_query_has_items_that_end_before_the_next_item() {
    for (query, delay, fault) in [
        ("flagpole=latency:50ms", 50, "-"),
        ("flagpole=fault:503", 0, "503"),
        ("flagpole=latency:50ms,fault:503", 50, "503"),
        (
            "flagpole=fault:503,retry-after=2s,latency:50ms",
            50,
            "503,retry-after=2s",
        ),
        (
            "flagpole=latency:exponential:1s,max=5ms,fault:hang:700,for=5s",
            5,
            "hang:700,for=5s",
        ),
        ("a=b&flagpole=fault%3Areset%3A700&c", 0, "reset:700"),
        ("flagpole=latency:5ms&flagpole=fault:503", 5, "503"),
        ("flagpole=latency:5ms,%20fault:503", 5, "503"),
        ("flagpole=fault:503@0%,fault:reset@100%", 0, "reset"),
        ("flagpole=fault:content-length:+10", 0, "content-length:+10"),
        (
            "flagpole=fault:503,body=%22a,fault:b%22",
            0,
            "503,body=\"a,fault:b\"",
        ),
        ("flagpole=fault:none", 0, "-"),
        ("flagpole=latency:0", 0, "-"),
    ] {
        assert_eq!(by_query(query), Some((delay, fault.to_owned())), "{query}");
    }
}

#[test]
fn fields_ask_for_the_same() {
    let fields = |fields| described(asked(fields, None).unwrap());
    let fault = |text: &str| Some((0, text.to_owned()));
    assert_eq!(fields(&[(LATENCY_HEADER, b"50ms")]), Some((50, "-".into())));
    assert_eq!(fields(&[(FAULT_HEADER, b"reset:700")]), fault("reset:700"));
    let several: &[(_, &[u8])] = &[(FAULT_HEADER, b"503@0%"), (FAULT_HEADER, b"cut:5@100%")];
    assert_eq!(fields(several), fault("cut:5"));
    assert_eq!(fields(&[(FAULT_HEADER, b"none")]), fault("-"));
    let utf8 = "503,body=é".as_bytes();
    assert_eq!(
        fields(&[(FAULT_HEADER, utf8)]),
        fault("503,body=\"\\u{e9}\"")
    );
    let both = asked(&[(FAULT_HEADER, b"503")], Some("flagpole=latency:5ms"));
    assert_eq!(described(both.unwrap()), Some((5, "503".into())));
}

#[test]
fn every_member_of_both_families_can_be_asked_for() {
    for (name, examples) in [
        (
            LATENCY_HEADER,
            LATENCIES.iter().map(|it| it.example).collect::<Vec<_>>(),
        ),
        (FAULT_HEADER, FAULTS.iter().map(|it| it.example).collect()),
    ] {
        for example in examples {
            assert!(
                asked(&[(name, example.as_bytes())], None)
                    .unwrap()
                    .is_some()
            );
            let item = name.strip_prefix("flagpole-").unwrap();
            let query = format!("flagpole={item}:{}", example.replace('%', "%25"));
            assert!(asked(&[], Some(&query)).unwrap().is_some(), "{query}");
        }
    }
}

#[test]
fn any_other_query_asks_for_nothing() {
    for query in [
        "",
        "x",
        "flagpole",
        "flagpoles=fault:503",
        "a=flagpole=fault:503",
        "flagpole-hops=1&flagpole-nth=1",
        "Flagpole=fault:503",
    ] {
        assert_eq!(by_query(query), None, "{query}");
    }
    assert!(asked(&[], None).unwrap().is_none());
}

#[test]
fn what_cannot_be_read_is_refused_with_the_name_that_was_meant() {
    for (name, value, sentence) in [
        (
            LATENCY_HEADER,
            "soon",
            "flagpole-latency: expected a duration such as `50ms` or `1.5s`, got `soon`",
        ),
        (
            LATENCY_HEADER,
            "unifrom:1s..2s",
            "flagpole-latency: unknown latency `unifrom`; did you mean `uniform`?",
        ),
        (
            FAULT_HEADER,
            "rest:700",
            "flagpole-fault: unknown fault `rest`; did you mean `reset`?",
        ),
        (
            FAULT_HEADER,
            "503@5",
            "flagpole-fault: expected a probability in percent, got `5`; did you mean `5%`?",
        ),
    ] {
        assert_eq!(field_error(name, value), sentence);
    }
    for (value, sentence) in [
        (
            "",
            "?flagpole: expected items such as `latency:50ms,fault:503`, got ``",
        ),
        (
            "503",
            "?flagpole: expected `latency:` or `fault:`, got `503`; did you mean `fault:503`?",
        ),
        (
            "50ms",
            "?flagpole: expected `latency:` or `fault:`, got `50ms`; did you mean `latency:50ms`?",
        ),
        (
            "faults:503",
            "?flagpole: unknown item `faults`; did you mean `fault`?",
        ),
        (
            "delay:5ms",
            "?flagpole: unknown item `delay`; known: latency, fault",
        ),
        (
            "latency:5ms,fautl:503",
            "?flagpole: unknown item `fautl`; did you mean `fault`?",
        ),
        (
            "fault:teapot",
            "?flagpole: fault: unknown fault `teapot`; known: status, reset, cut, empty, hang, stall, trickle, dribble, slow-head, corrupt, garbage, redirect, chunked, until-close, content-length, interim, stale, early-response, slow-upload",
        ),
        (
            "latency:5ms,latency:6ms",
            "?flagpole: latency: expected one item, got several",
        ),
        (
            "fault:503,body=%0a",
            "?flagpole: expected no control characters; `\\n` in quotes is a line break, got `fault:503,body=\\n`",
        ),
        ("fault:%ff", "?flagpole: expected UTF-8, got `fault:%ff`"),
    ] {
        assert_eq!(query_error(value), sentence);
    }
    let error = asked(&[(FAULT_HEADER, b"\xff")], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "flagpole-fault: expected UTF-8, got `\\xff`"
    );
}

#[test]
fn contradictions_are_refused() {
    let both = asked(&[(FAULT_HEADER, b"503")], Some("flagpole=fault:503"));
    let sentence = "flagpole-fault: expected the field or an item of the query, got both";
    assert_eq!(both.unwrap_err().to_string(), sentence);
    let none = asked(&[(FAULT_HEADER, b"none"), (FAULT_HEADER, b"503")], None);
    let sentence = "flagpole-fault: expected `none` or faults, got both";
    assert_eq!(none.unwrap_err().to_string(), sentence);
    let above = "the probabilities of all faults add up to at most 100%, got `150%`";
    let query = query_error("fault:503@50%25,fault:404");
    assert_eq!(query, format!("?flagpole: fault: {above}"));
}

#[test]
fn a_file_of_the_server_is_refused_and_not_read() {
    let rule = "a request cannot name a file of the server, got";
    for text in [
        "quantiles:/x.csv",
        "quantiles:x.CSV,max=1s",
        "90%:5ms|10%:quantiles:x.csv/",
    ] {
        let sentence = format!("flagpole-latency: {rule} `{text}`");
        assert_eq!(field_error(LATENCY_HEADER, text), sentence);
    }
    for text in ["503,body-file=/etc/passwd", "503,body-file=\"x\"@5%"] {
        assert_eq!(
            field_error(FAULT_HEADER, text),
            format!("flagpole-fault: {rule} `{text}`")
        );
    }
    let text = "fault:404,body-file=x";
    assert_eq!(
        query_error(text),
        format!("?flagpole: fault: {rule} `404,body-file=x`")
    );
}

#[test]
fn a_probability_is_drawn_by_seed_key_and_number_apart_from_those_of_rules() {
    let effect = asked(&[(FAULT_HEADER, b"503@50%")], None).unwrap().unwrap();
    let draws = |effect: &Effect, seed, path| {
        let is_hit = |number| effect.fate(seed, path, number).fault.is_some();
        (1..=64).map(is_hit).collect::<Vec<_>>()
    };
    let hits = draws(&effect, 7, "/x");
    assert_eq!(hits, draws(&effect.clone(), 7, "/x"));
    assert_ne!(hits, draws(&effect, 8, "/x"));
    assert_ne!(hits, draws(&effect, 7, "/y"));
    let listener = Effect::new(
        "l".into(),
        0,
        &Latency::default(),
        &["503@50%".parse().unwrap()],
    );
    assert_ne!(hits, draws(&listener.unwrap(), 7, "/x"));
}

proptest! {
    #[test]
    fn parsing_never_panics(
        latency in prop::collection::vec(any::<u8>().prop_filter("legal", |byte| *byte >= b' ' && *byte != 127), 0..40),
        fault in prop_oneof!["[ -~]{0,40}", "(503|reset|hang|none)[:,@=%\"\\\\a-z0-9]{0,20}"],
        query in prop_oneof![".*", "(&|flagpole=|latency:|fault:|,|%|%2|%ff|\"|503|5ms|@|é){0,12}"],
    ) {
        let _ = asked(&[(LATENCY_HEADER, &latency)], None);
        let _ = asked(&[(FAULT_HEADER, fault.as_bytes())], None);
        let _ = asked(&[], Some(&query));
    }
}
