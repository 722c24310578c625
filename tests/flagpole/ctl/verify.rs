//! `flagpole ctl verify`.

use super::Controlled;
use rstest::rstest;

#[rstest]
#[case("--path /flags/** --count 2")]
#[case("--method GET --min 1 --max 2")]
#[case("--status 200 --end completed --n 2..")]
#[case("--path /flags/fr/* --max 0")]
#[case("")]
fn requests_have_arrived_as_expected(#[case] options: &str) {
    let controlled = Controlled::new("0");
    controlled.request(2);
    let words = ["verify"].into_iter().chain(options.split_whitespace());
    let output = controlled.ctl(&words.collect::<Vec<_>>());
    output.assert_code(0);
    output.assert_stdout_starts_with("expected ");
    assert_eq!(output.stderr, "");
}

#[test]
fn difference_is_explained() {
    let controlled = Controlled::new("0");
    controlled.request(2);
    let output = controlled.ctl(&["verify", "--path", "/flags/fr/*", "--count", "1"]);
    output.assert_code(1);
    let mut lines = output.stderr.lines();
    assert_eq!(lines.next(), Some("flagpole: expected 1 request, found 0"));
    let nearest = " GET /flags/br/br.gif 200: path: expected /flags/fr/*, got /flags/br/br.gif";
    assert!(lines.next().unwrap().ends_with(nearest), "{output}");
    assert_eq!(output.stdout, "");
    let output = controlled.ctl(&["verify", "--max", "1"]);
    let mut lines = output.stderr.lines();
    assert_eq!(
        lines.next(),
        Some("flagpole: expected at most 1 request, found 2")
    );
    let surplus = " GET /flags/br/br.gif 200: meets all conditions";
    assert!(lines.next().unwrap().ends_with(surplus), "{output}");
}

#[test]
fn verification_can_be_json() {
    let controlled = Controlled::new("0");
    controlled.request(2);
    let sequence = r#"{"sequence":[{"n":"1"},{"n":"2"}],"exact":true}"#;
    let output = controlled.ctl_with_input(&["verify", "--file", "-"], sequence);
    output.assert_code(0);
}

#[test]
fn verification_that_cannot_be_made_is_refused() {
    let controlled = Controlled::new("0");
    for (words, message) in [
        (
            ["verify", "--field", "accept=*"],
            "fields.accept: not recorded; start the server with `--journal-field accept`",
        ),
        (["verify", "--end", "late"], "--end: "),
        (
            ["verify", "--field", "accept"],
            "--field: expected `NAME=GLOB`, got `accept`",
        ),
        (
            ["verify", "--file", "/missing"],
            "--file: /missing: No such file",
        ),
    ] {
        let output = controlled.ctl(&words);
        output.assert_code(2);
        output.assert_stderr_starts_with(&format!("flagpole: {message}"));
        assert_eq!(output.stderr.lines().count(), 1);
    }
}
