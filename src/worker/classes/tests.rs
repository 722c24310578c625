//! The file of classes, and what the master says.

use super::*;
use std::fs;

fn load(text: &str) -> Result<UserClasses> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.toml");
    fs::write(&path, text).unwrap();
    let loaded = UserClasses::load(path.to_str().unwrap());
    let folder = format!("{}/", folder.path().display());
    loaded.map_err(|error| anyhow::anyhow!("{}", format!("{error:#}").replace(&folder, "")))
}

fn error(text: &str) -> String {
    load(text)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

fn settings(host: Option<&str>, options: &[(&str, &str)]) -> RunSettings {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    RunSettings {
        user_classes: vec!["Reader".to_owned()],
        host: host.map(str::to_owned),
        options: options.iter().map(text).collect(),
        ..RunSettings::default()
    }
}

/// What the class `Reader` requests, as the keys of a file.
fn reader(classes: &UserClasses, settings: &RunSettings) -> String {
    match classes.of_run(settings) {
        Ok(specs) => toml::to_string(&specs["Reader"])
            .unwrap()
            .replace('\n', " "),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn keys_that_the_master_decides_are_refused_with_their_place() {
    for (key, why) in [
        (
            "concurrency = 5",
            "`concurrency` is no key of a user class: the master says how many users there are",
        ),
        (
            "rate = '5/s'",
            "`rate` is no key of a user class: the master says how many",
        ),
        (
            "duration = '1m'",
            "`duration` is no key of a user class: the master says when a run ends",
        ),
        (
            "fail_if = ['errors > 1%']",
            "`fail_if` is no key of a user class: a worker has only a part",
        ),
        (
            "profile = 'clean'",
            "`profile` is no key of a user class: a worker starts no server",
        ),
    ] {
        let text = format!("[classes.Reader]\nurls = ['/']\n{key}\n");
        let error = error(&text);
        let place = "w.toml:3:1: classes.Reader.";
        assert!(error.starts_with(place) && error.contains(why), "{error}");
    }
}

#[test]
fn errors_of_files_have_line_and_column() {
    for (text, expected) in [
        ("[classes.A]\nurl = '/'\n", "w.toml:2:1: "),
        ("[classes.A]\nthink = 'x'\n", "w.toml:2:9: "),
        ("urls = ['/']\n", "w.toml:1:1: "),
        ("", "w.toml:1:1: "),
        (
            "[classes]\n",
            "w.toml:1:1: expected a table such as `[classes.Reader]`",
        ),
    ] {
        assert!(error(text).starts_with(expected), "{text}: {}", error(text));
    }
}

#[test]
fn contradictions_in_a_class_are_refused_with_its_name() {
    for (keys, expected) in [
        (
            "rate_per_user = '1/s'\nthink = '1s'",
            "think: has no effect with a rate",
        ),
        ("arrivals = 'poisson'", "arrivals: needs a rate"),
        ("urls = ['ftp://h/']", "URL: expected a URL"),
        ("order = 'shuffled'", "order: needs several targets"),
    ] {
        let error = error(&format!("[classes.A]\n{keys}\n"));
        assert!(
            error.starts_with(&format!("w.toml: classes.A: {expected}")),
            "{error}"
        );
    }
}

#[test]
fn class_of_the_master_that_the_file_has_not_is_named_with_those_that_it_has() {
    let classes = load("[classes.Readers]\n[classes.Writer]\n").unwrap();
    assert_eq!(
        reader(&classes, &settings(None, &[]))
            .split(": ")
            .last()
            .unwrap(),
        "no `[classes.Reader]`, whose users the master spawns; there is Readers, Writer"
    );
    assert_eq!(
        classes.without_users(&settings(None, &[])),
        ["Readers", "Writer"]
    );
}

#[test]
fn host_of_the_master_is_the_base_of_paths_also_with_a_path() {
    let urls = |urls: &[&str]| urls.iter().map(|url| (*url).to_owned()).collect();
    let classes = UserClasses::from_urls(urls(&["/a", "http://other/b"])).unwrap();
    assert_eq!(
        reader(&classes, &settings(Some("http://h:8001"), &[])),
        r#"base = "http://h:8001" urls = ["/a", "http://other/b"] "#
    );
    assert_eq!(
        reader(&classes, &settings(Some("http://h/api/v1/"), &[])),
        r#"base = "http://h/api/v1/" urls = ["/api/v1/a", "http://other/b"] "#
    );
    let none = UserClasses::from_urls(Vec::new()).unwrap();
    assert_eq!(reader(&none, &settings(None, &[])), r#"urls = ["/"] "#);
    let error = reader(&none, &settings(Some("https://h"), &[]));
    assert!(error.contains("host of the master: `https://h`"), "{error}");
}

#[test]
fn arguments_of_the_master_count_more_than_the_file() {
    let classes = load("[classes.Reader]\nurls = ['/a', '/b']\norder = 'shuffled'\nthink = '1s'\n");
    let classes = classes.unwrap();
    for (options, expected) in [
        (
            &[][..],
            r#"urls = ["/a", "/b"] think = "1s" order = "shuffled" "#,
        ),
        (
            &[("rate_per_user", "0"), ("think", "0.0")],
            r#"urls = ["/a", "/b"] think = "1s" order = "shuffled" "#,
        ),
        (
            &[("rate_per_user", "2.5"), ("arrivals", "poisson")],
            r#"urls = ["/a", "/b"] rate_per_user = "2.5/s" arrivals = "poisson" order = "shuffled" "#,
        ),
        (
            &[("think", "0.5"), ("arrivals", "poisson")],
            r#"urls = ["/a", "/b"] think = "500ms" order = "shuffled" "#,
        ),
        (&[("paths", "/c")], r#"urls = ["/c"] think = "1s" "#),
        (
            &[("paths", "/c,/d?e=1,2 http://h/"), ("think", "1s..2s")],
            r#"urls = ["/c", "/d?e=1,2", "http://h/"] think = "1s..2s" order = "shuffled" "#,
        ),
        (
            &[("timeout", "3")],
            "urls = [\"/a\", \"/b\"] think = \"1s\" order = \"shuffled\"  [policy] timeout = \"3s\" ",
        ),
    ] {
        assert_eq!(reader(&classes, &settings(None, options)), expected);
    }
}

#[test]
fn arguments_that_cannot_be_used_are_errors_with_their_names() {
    let classes = UserClasses::from_urls(Vec::new()).unwrap();
    for (options, expected) in [
        (
            &[("rate_per_user", "fast")][..],
            "flagpole_rate_per_user: expected requests and a time",
        ),
        (
            &[("rate_per_user", "-1")],
            "flagpole_rate_per_user: expected requests and a time",
        ),
        (&[("think", "x")], "flagpole_think: expected a duration"),
        (
            &[("timeout", "never")],
            "flagpole_timeout: expected a duration",
        ),
        (
            &[("arrivals", "poison")],
            "flagpole_arrivals: unknown kind of arrivals",
        ),
        (&[("paths", "ftp://h")], "URL: expected a URL"),
        (
            &[("thnik", "1s")],
            "flagpole_thnik: unknown argument `thnik`; did you mean `think`?",
        ),
        (
            &[("think", "1s"), ("rate_per_user", "1/s")],
            "flagpole_think: has no effect",
        ),
    ] {
        let error = reader(&classes, &settings(Some("http://h"), options));
        assert!(error.contains(expected), "{options:?}: {error}");
    }
}

const SCENARIO: &str = "[[step]]\nname = 'first'\nurl = '/a'\n";

#[test]
fn scenario_is_a_table_or_the_path_of_a_file_beside_the_classes() {
    let folder = tempfile::tempdir().unwrap();
    let read = |classes: &str, scenario: &str| {
        fs::write(folder.path().join("visit.toml"), scenario).unwrap();
        let path = folder.path().join("w.toml");
        fs::write(&path, classes).unwrap();
        let prefix = format!("{}/", folder.path().display());
        let loaded = UserClasses::load(path.to_str().unwrap());
        match loaded {
            Ok(classes) => reader(&classes, &settings(None, &[])),
            Err(error) => format!("{error:#}").replace(&prefix, ""),
        }
    };
    let table = format!(
        "[classes.Reader]\n{}",
        SCENARIO.replace("step", "classes.Reader.scenario.step")
    );
    let expected = read(&table, "");
    assert!(expected.contains("[[scenario.step]]"), "{expected}");
    let path = "[classes.Reader]\nscenario = 'visit.toml'\n";
    assert_eq!(read(path, SCENARIO), expected);
    let inline = "classes.Reader = { scenario = 'visit.toml', seed = 0 }\n";
    assert!(read(inline, SCENARIO).contains("[[scenario.step]]"));
    let typo = format!("{path}thnik = '1s'\n");
    assert!(
        read(&typo, SCENARIO).starts_with("w.toml:3:1: "),
        "{}",
        read(&typo, SCENARIO)
    );
    let error = read(path, "[[step]]\nulr = '/a'\n");
    assert!(
        error.starts_with("w.toml: classes.Reader: scenario: visit.toml:2:1: "),
        "{error}"
    );
    let error = read("[classes.Reader]\nscenario = 'none.toml'\n", "");
    assert!(
        error.contains("scenario: none.toml: No such file"),
        "{error}"
    );
    let error = read("[classes.Reader]\nscenario = 5\n", "");
    assert!(
        error.starts_with("w.toml:2:12: ") && error.contains("expected a table"),
        "{error}"
    );
}
