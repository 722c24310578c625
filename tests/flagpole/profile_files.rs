//! Profiles as files: printed, read again, checked against their schema, and refused with a
//! location.

use crate::harness::{Sandbox, flagpole};
use crate::profiles::built_in;
use serde_json::{Value, json};
use std::{fs, thread};

/// The output of a command that succeeds without a message.
fn run_ok(sandbox: &Sandbox, line: &str) -> String {
    let output = sandbox.run(line);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), ""),
        "{line}: {output}"
    );
    output.stdout
}

/// Options for each built-in profile, and for two that options change.
fn profile_options() -> Vec<String> {
    let names = built_in()
        .into_iter()
        .map(|(name, _)| format!("--profile {name}"));
    let overridden = "--profile book --latency uniform:1ms..2ms --fault 404@5% --fault reset:50%@1% \
        --concurrency-limit 8 --queue 16 --rate-limit 100/s --cache-control max-age=60 --seed 18446744073709551615";
    let one_listener = "--profile book --listener ERROR --seed 7";
    names
        .chain([overridden.to_owned(), one_listener.to_owned()])
        .collect()
}

#[test]
fn printed_profile_has_the_same_fates() {
    let round_trip = |options: &str| {
        let sandbox = Sandbox::new();
        let text = run_ok(&sandbox, &format!("serve {options} --print-profile"));
        fs::write(sandbox.path("mine.toml"), &text).unwrap();
        let again = run_ok(&sandbox, "serve --profile mine.toml --print-profile");
        assert_eq!(again, text, "{options}");
        // 7 s lies within the time window of `outage`.
        let fates = "fate --at 7s --flags 20 --metadata -n 3 --format json";
        let [direct, reread] = [options, "--profile mine.toml"]
            .map(|options| run_ok(&sandbox, &format!("{fates} {options}")));
        assert_eq!(reread, direct, "{options}");
    };
    let all = profile_options();
    thread::scope(|scope| {
        for options in &all {
            scope.spawn(move || round_trip(options));
        }
    });
}

#[test]
fn body_file_is_relative_to_the_profile_or_experiment() {
    let sandbox = Sandbox::new();
    let faults = r#"faults = ['503,body-file="a b.html"@5%', '404,body="x, @ y"@5%']"#;
    let files = [
        ("p.toml", format!("[[listener]]\n{faults}")),
        ("x.toml", format!("[server]\n{faults}")),
        ("a b.html", "<p>".to_owned()),
    ];
    fs::create_dir(sandbox.path("sub")).unwrap();
    for (name, text) in &files {
        fs::write(sandbox.path(&format!("sub/{name}")), text).unwrap();
    }
    let printed = run_ok(&sandbox, "serve --profile sub/p.toml --print-profile");
    let faults = r#"['503,body-file=sub/a b.html@5%', '404,body="x, @ y"@5%']"#;
    let lists: [toml::Table; 2] = [
        toml::from_str(&printed).unwrap(),
        toml::from_str(&format!("faults = {faults}")).unwrap(),
    ];
    assert_eq!(lists[0]["listener"][0]["faults"], lists[1]["faults"]);
    let experiment = run_ok(&sandbox, "compare sub/x.toml --print-experiment");
    assert!(
        experiment.contains("503,body-file=sub/a b.html@5%"),
        "{experiment}"
    );
    fs::remove_file(sandbox.path("sub/a b.html")).unwrap();
    for (line, place) in [
        (
            "serve --profile sub/p.toml",
            "--profile: sub/p.toml:2:11: listener[0].",
        ),
        ("compare sub/x.toml", "sub/x.toml: server."),
    ] {
        let error = sandbox.run(line).stderr;
        let missing =
            format!("flagpole: {place}faults[0]: status: body-file: cannot read `sub/a b.html`: ");
        assert!(error.starts_with(&missing), "{error}");
    }
}

#[test]
fn printed_profile_has_the_port_option() {
    let output = flagpole("serve --profile book-2015 --port 9001 --print-profile");
    let ports: Vec<_> = output
        .stdout
        .lines()
        .filter(|line| line.starts_with("port"))
        .collect();
    assert_eq!(ports, ["port = 9001", "port = 9002", "port = 9003"]);
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&flagpole("serve --schema").stdout).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn schema_accepts_every_builtin_and_printed_profile() {
    let (schema, sandbox) = (schema(), Sandbox::new());
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
    let files = folder.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let run_ok = profile_options()
        .into_iter()
        .map(|options| run_ok(&sandbox, &format!("serve {options} --print-profile")));
    for text in files.chain(run_ok) {
        let profile: Value = toml::from_str(&text).unwrap();
        let error = schema
            .iter_errors(&profile)
            .next()
            .map(|error| error.to_string());
        assert_eq!(error, None, "{text}");
    }
}

#[test]
fn schema_rejects_unknown_keys_and_wrong_types() {
    let schema = schema();
    let listener = |key: &str, value: Value| json!({ "listener": [{ key: value }] });
    let rule = |key: &str, value: Value| listener("rule", json!([{ key: value }]));
    for good in [
        listener("port", json!(80)),
        rule("first", json!(2)),
        rule("faults", json!([503])),
    ] {
        assert!(schema.is_valid(&good), "{good}");
    }
    for bad in [
        json!({}),
        json!({ "listener": [], "sed": 1 }),
        json!({ "listener": {} }),
        listener("lateny", json!("50ms")),
        listener("port", json!("80")),
        listener("latency", json!(["50ms"])),
        listener("faults", json!("404@5%")),
        listener("concurrency_limit", json!(0)),
        rule("pth", json!("/")),
        rule("first", json!("2")),
        rule("first", json!(0)),
        rule("path", json!(["/"])),
    ] {
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}

#[test]
fn documentation_lists_every_key_and_profile() {
    let text = include_str!("../../docs/profiles.md");
    let schema: Value = serde_json::from_str(&flagpole("serve --schema").stdout).unwrap();
    let keys = |object: &Value| {
        object["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let keys = ["Listener", "Rule"]
        .map(|name| keys(&schema["$defs"][name]))
        .concat();
    let is_table = |key: &String| key == "rule";
    let names = built_in().into_iter().map(|(name, _)| name);
    for word in keys.into_iter().filter(|key| !is_table(key)).chain(names) {
        assert!(text.contains(&format!("\n| `{word}` |")), "{word}");
    }
}
