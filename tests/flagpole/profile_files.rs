//! Profiles as files: printed, read again, held against their schema, and refused with a place.

use crate::harness::{Sandbox, flagpole};
use crate::profiles::built_in;
use serde_json::{Value, json};
use std::{fs, thread};

/// What was printed by a command that had nothing to complain about.
fn printed(desk: &Sandbox, line: &str) -> String {
    let done = desk.run(line);
    assert_eq!(
        (done.code, done.err.as_str()),
        (Some(0), ""),
        "{line}: {done}"
    );
    done.out
}

/// The words for each built-in profile, and some for one in which everything is said on the command
/// line.
fn words() -> Vec<String> {
    let names = built_in()
        .into_iter()
        .map(|(name, _)| format!("--profile {name}"));
    let overridden = "--profile book --latency uniform:1ms..2ms --fault 404@5% --fault reset:50%@1% \
        --concurrency-limit 8 --queue 16 --rate-limit 100/s --seed 18446744073709551615";
    let one = "--profile book --listener ERROR --seed 7";
    names
        .chain([overridden.to_owned(), one.to_owned()])
        .collect()
}

#[test]
fn what_is_printed_is_a_profile_with_the_same_fates() {
    let holds = |words: &str| {
        let desk = Sandbox::new();
        let text = printed(&desk, &format!("serve {words} --print-profile"));
        fs::write(desk.path("mine.toml"), &text).unwrap();
        let again = printed(&desk, "serve --profile mine.toml --print-profile");
        assert_eq!(again, text, "{words}");
        // Within the window of `outage`.
        let fates = "fate --at 7s --flags 20 --metadata -n 3 --format json";
        let [own, mine] =
            [words, "--profile mine.toml"].map(|words| printed(&desk, &format!("{fates} {words}")));
        assert_eq!(mine, own, "{words}");
    };
    let all = words();
    thread::scope(|scope| {
        for words in &all {
            scope.spawn(move || holds(words));
        }
    });
}

#[test]
fn a_port_on_the_command_line_is_printed() {
    let done = flagpole("serve --profile book-2015 --port 9001 --print-profile");
    let ports: Vec<_> = done
        .out
        .lines()
        .filter(|line| line.starts_with("port"))
        .collect();
    assert_eq!(ports, ["port = 9001", "port = 9002", "port = 9003"]);
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&flagpole("serve --schema").out).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[test]
fn the_schema_allows_every_profile_that_ships_or_is_printed() {
    let (schema, desk) = (schema(), Sandbox::new());
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
    let files = folder.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let printed = words()
        .into_iter()
        .map(|words| printed(&desk, &format!("serve {words} --print-profile")));
    for text in files.chain(printed) {
        let profile: Value = toml::from_str(&text).unwrap();
        let error = schema
            .iter_errors(&profile)
            .next()
            .map(|error| error.to_string());
        assert_eq!(error, None, "{text}");
    }
}

#[test]
fn the_schema_refuses_what_is_misspelled_or_of_another_type() {
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
        listener("capacity", json!(0)),
        rule("pth", json!("/")),
        rule("first", json!("2")),
        rule("first", json!(0)),
        rule("path", json!(["/"])),
    ] {
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}

/// What is said, and nothing else, of a command that is refused where there are these files.
fn refused(line: &str) -> String {
    let desk = Sandbox::new();
    fs::create_dir(desk.path("folder")).unwrap();
    for (name, text) in [
        ("key", &b"[[listener]]\nlatncy = '5ms'\n"[..]),
        (
            "probabilities",
            b"[[listener]]\nfaults = ['404@60%', '500@60%']\n",
        ),
        (
            "glob",
            b"seed = 7\n[[listener]]\n[[listener.rule]]\n  path = '/flags/['\n",
        ),
        ("latin", b"about = '\xe9'\n[[listener]]\n"),
        ("large", &vec![b'#'; (1 << 20) + 1]),
    ] {
        fs::write(desk.path(name), text).unwrap();
        fs::write(desk.path(&format!("{name}.toml")), text).unwrap();
    }
    let done = desk.run(line);
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{done}");
    let said = done
        .err
        .strip_prefix("flagpole: ")
        .and_then(|said| said.strip_suffix('\n'));
    let said = said.unwrap_or_else(|| panic!("{done}"));
    assert!(!said.contains('\n'), "{said}");
    said.to_owned()
}

#[test]
fn a_profile_that_is_wrong_is_refused_with_its_place() {
    for command in ["serve --port 0", "serve --print-profile", "fate"] {
        let refused = |file: &str| refused(&format!("{command} --profile {file}"));
        assert_eq!(
            refused("key.toml"),
            "--profile: key.toml:2:1: listener[0].latncy: unknown field `latncy`, expected one of `name`, `port`, \
             `latency`, `faults`, `capacity`, `queue`, `rate_limit`, `rule`"
        );
        assert_eq!(
            refused("probabilities.toml"),
            "--profile: probabilities.toml:2:1: listener[0].faults: the probabilities of all faults add up to at most 100%, got `120%`"
        );
        assert_eq!(
            refused("glob.toml"),
            "--profile: glob.toml:4:10: listener[0].rule[0].path: bad glob `/flags/[`: unclosed character class; missing ']'"
        );
    }
}

#[test]
fn a_profile_that_can_not_be_read_is_refused_whatever_it_is_called() {
    let system = |path: &Sandbox, name: &str| fs::read_to_string(path.path(name)).unwrap_err();
    let refused = |file: &str| refused(&format!("serve --port 0 --profile {file}"));
    for dot in ["", ".toml"] {
        let utf8 = "expected a text file in UTF-8";
        assert_eq!(
            refused(&format!("latin{dot}")),
            format!("--profile: latin{dot}: {utf8}")
        );
        let large = "expected a file of at most 1048576 bytes";
        assert_eq!(
            refused(&format!("large{dot}")),
            format!("--profile: large{dot}: {large}")
        );
    }
    let desk = Sandbox::new();
    let missing = system(&desk, "missing");
    assert_eq!(
        refused("./missing"),
        format!("--profile: ./missing: {missing}")
    );
    assert_eq!(
        refused("missing.toml"),
        format!("--profile: missing.toml: {missing}")
    );
    fs::create_dir(desk.path("folder")).unwrap();
    let folder = system(&desk, "folder");
    assert_eq!(refused("folder"), format!("--profile: folder: {folder}"));
    assert_eq!(
        refused("missing"),
        "--profile: unknown profile `missing`; known: book, book-2015, clean, flaky, wan, mobile, outage, \
         overload, tail, or a file"
    );
}

/// What is no file on a disk says nothing of its length beforehand.
#[test]
#[cfg(unix)]
fn a_profile_without_an_end_is_refused() {
    let said = refused("fate --profile /dev/zero");
    assert_eq!(
        said,
        "--profile: /dev/zero: expected a file of at most 1048576 bytes"
    );
}

#[test]
fn options_that_do_not_go_with_the_profile_are_refused() {
    assert_eq!(
        refused("serve --port 0 --profile book --listener WEST"),
        "--listener: the profile `book` has no listener `WEST`; known: LOCAL, DELAY, ERROR"
    );
    assert_eq!(
        refused("fate --profile clean --listener WEST"),
        "--listener: the profile `clean` has no listener `WEST`"
    );
    for command in [
        "serve --port 0",
        "serve --print-profile",
        "fate --profile flaky",
    ] {
        assert_eq!(
            refused(&format!("{command} --queue 8")),
            "--queue: needs `--concurrency-limit`"
        );
    }
    let missing = fs::read_dir(Sandbox::new().path("missing")).unwrap_err();
    assert_eq!(
        refused("serve --port 0 --journal missing/journal"),
        format!("--journal: missing/journal: {missing}")
    );
    let both = refused("serve --schema --print-profile");
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn the_documentation_names_every_key_and_every_profile() {
    let text = include_str!("../../docs/profiles.md");
    let schema: Value = serde_json::from_str(&flagpole("serve --schema").out).unwrap();
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
