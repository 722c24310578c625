//! Reading files of samples.

use super::*;

fn samples(text: &str) -> Result<Vec<Duration>, String> {
    let samples = Samples::parse("x.csv", text).map_err(|error| error.to_string())?;
    Ok(samples.ascending)
}

#[test]
fn every_line_is_a_sample_and_the_first_may_be_a_header() {
    let ascending: Vec<_> = [1, 5, 20].map(Duration::from_millis).into();
    for text in [
        "5ms\n1ms\n20ms\n",
        "delay\n5ms\n1ms\n20ms",
        "\u{feff}5ms\r\n1ms\r\n\r\n 20ms\r\n",
        "\"delay\"\n\n20ms\n5ms\n1ms\n",
    ] {
        assert_eq!(samples(text), Ok(ascending.clone()), "{text:?}");
    }
}

#[test]
fn a_malformed_line_is_rejected_with_its_number() {
    let expected = "expected a duration such as `50ms` or `1.5s`, got";
    for (text, sentence) in [
        ("5ms\n1\n", format!("x.csv:2: {expected} `1`")),
        ("5\n1ms\n", format!("x.csv:1: {expected} `5`")),
        (
            "-5ms\n",
            "x.csv:1: a duration cannot be negative, got `-5ms`".to_owned(),
        ),
        ("a\n5ms,1ms\n", format!("x.csv:2: {expected} `5ms,1ms`")),
        ("a\nb\n", format!("x.csv:2: {expected} `b`")),
    ] {
        assert_eq!(samples(text), Err(sentence));
    }
}

#[test]
fn a_file_without_samples_or_with_too_many_is_rejected() {
    for text in ["", "\n\n", "delay\n"] {
        let none = "a file of samples must have at least one sample, `x.csv` has none";
        assert_eq!(samples(text), Err(none.to_owned()));
    }
    let count = samples(&"1s\n".repeat(MAX_SAMPLES)).unwrap().len();
    assert_eq!(count, MAX_SAMPLES);
    let many = "a file of samples may have at most 100,000 samples, `x.csv` has more";
    assert_eq!(
        samples(&"1s\n".repeat(MAX_SAMPLES + 1)),
        Err(many.to_owned())
    );
}

#[test]
fn a_missing_or_too_long_file_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    let path = path.to_str().unwrap();
    let error = || Samples::read(path).unwrap_err().to_string();
    assert!(error().starts_with(&format!("cannot read `{path}`: ")));
    let long = format!("1s\n{}", "\n".repeat(1 << 20));
    std::fs::write(path, &long[..1 << 20]).unwrap();
    assert!(Samples::read(path).is_ok());
    std::fs::write(path, &long[..=1 << 20]).unwrap();
    assert_eq!(
        error(),
        format!("a file of samples may have at most 1 MiB, `{path}` has more")
    );
}
