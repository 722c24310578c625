//! Profiles as text: reading, printing, messages and schema.

#![cfg(feature = "schema")]

use super::profile::Profile;

fn refused(text: &str) -> String {
    text.parse::<Profile>().unwrap_err().to_string()
}

#[test]
fn every_key_is_read() {
    let text = r#"
        about = "two servers"
        seed = 7
        [[listener]]
        name = "CLEAN"
        [[listener]]
        name = "BAD"
        port = 0
        latency = "uniform:1ms..2ms"
        faults = ["404@5%", "reset:50%@1%"]
        concurrency_limit = 8
        queue = 16
        rate_limit = "100/s"
        bandwidth = "1MB/s"
        accept_delay = ["200ms", "1s@5s..8s"]
        refuse = ["20s.."]
        cache_control = "public, max-age=60"
        [[listener.rule]]
        name = "outage"
        method = "GET"
        path = "/flags/*/*.gif"
        first = 9
        every = 5
        n = "3..6"
        from = "5s"
        to = "10s"
        faults = [503]
    "#;
    let profile: Profile = text.parse().unwrap();
    assert_eq!((profile.seed, profile.listeners.len()), (7, 2));
    let bad = &profile.listeners[1];
    assert_eq!(bad.latency.to_string(), "uniform:1ms..2ms");
    assert_eq!(bad.rules[0].faults[0].to_string(), "503@100%");
    assert_eq!(bad.rules[0].from, Some(std::time::Duration::from_secs(5)));
    let ports: Vec<_> = profile
        .with_ports()
        .listeners
        .iter()
        .map(|one| one.port)
        .collect();
    assert_eq!(ports, [Some(8000), Some(0)]);
}

#[test]
fn capacity_is_read_as_the_concurrency_limit() {
    let profile: Profile = "[[listener]]\ncapacity = 8".parse().unwrap();
    assert_eq!(profile.listeners[0].concurrency_limit, Some(8));
}

#[test]
fn an_invalid_profile_is_refused_with_location_and_key() {
    for (text, message) in [
        ("", "1:1: missing key `listener`"),
        (
            "listener = []",
            "1:1: listener: expected at least one `[[listener]]`",
        ),
        (
            "[[listener]]\nlatency = 'fast'",
            "2:11: listener[0].latency: expected a duration such as `50ms` or `1.5s`, got `fast`",
        ),
        (
            "[[listener]]\n[[listener.rule]]\n  pth = '/'",
            "3:3: listener[0].rule[0].pth: unknown key `pth`; did you mean `path`?",
        ),
        (
            "[[listener]]\nlatancy = '5ms'",
            "2:1: listener[0].latancy: unknown key `latancy`; did you mean `latency`?",
        ),
        (
            "[[listener]]\nport = 'high'",
            "2:8: listener[0].port: expected a whole number from 0 to 65535, got `high`",
        ),
        (
            "[[listener]]\ncache_control = ''",
            "2:17: listener[0].cache_control: expected printable ASCII such as `max-age=60` or `no-store`, got ``",
        ),
        (
            "[[listener]]\n[[listener.rule]]\npath = '/['",
            "3:8: listener[0].rule[0].path: bad glob `/[`: unclosed character class; missing ']'",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nfaults = ['404@60%', '500@50%']",
            "3:1: listener[0].rule[0].faults: the probabilities of all faults add up to at most 100%, got `110%`",
        ),
        (
            "[[listener]]\nqueue = 3",
            "2:1: listener[0].queue: needs `concurrency_limit`",
        ),
        (
            "[[listener]]\nport = 80\n[[listener]]\nport = 80",
            "4:1: listener[1].port: port 80 is already used by another listener",
        ),
        (
            "[[listener]]\nname = 'a'\n[[listener]]\nname = 'a'",
            "4:1: listener[1].name: name `a` is already used by another listener",
        ),
        (
            "[[listener]]\n[[listener.rule]]\n[[listener.rule]]\nfirst = 2",
            "3:1: listener[0].rule[1]: never reached: `rule[0]` matches every request",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nfirst = 2\nn = '5..'",
            "2:1: listener[0].rule[0]: no request number satisfies `first`, `every` and `n` of this rule",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nname = 'a'\nn = 1\n[[listener.rule]]\nname = 'a'",
            "6:1: listener[0].rule[1].name: name `a` is already used by another rule",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nname = 'listener'",
            "3:1: listener[0].rule[0].name: `listener` is a reserved name",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nfirst = 0",
            "3:1: listener[0].rule[0].first: expected a whole number from 1, got `0`",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nfrom = '5s'\nto = '2s'",
            "4:1: listener[0].rule[0].to: expected a time after `5s`, got `2s`",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nfrom = 5",
            "3:8: listener[0].rule[0].from: expected a duration such as `50ms` or `1.5s`, got `5`",
        ),
        (
            "[[listener]]\n[[listener.rule]]\nmethod = 'get'",
            "3:1: listener[0].rule[0].method: expected a method such as `GET`, got `get`",
        ),
        ("[[listener]\n", "1:12: unclosed array table, expected `]`"),
        (
            "seed = -1\n[[listener]]",
            "1:8: seed: expected 0 to 18446744073709551615, got `-1`",
        ),
        (
            "[[listener]]\nfaults = ['404@5%', '50@5%']",
            "2:21: listener[0].faults[1]: status: expected a status of 200 to 999, such as `404`, got `50`",
        ),
    ] {
        assert_eq!(refused(text), message);
    }
}

#[test]
fn a_printed_profile_parses_to_the_same_profile() {
    let text = "seed = '18446744073709551615'\n[[listener]]\nlatency = '5ms'\n\
        [[listener.rule]]\nn = 3\nto = '1s'\nfaults = ['404@5%']\n[[listener.rule]]\nfirst = 2";
    let printed = text.parse::<Profile>().unwrap().to_string();
    assert_eq!(printed.parse::<Profile>().unwrap().to_string(), printed);
    assert!(
        printed.starts_with("seed = \"18446744073709551615\"\n"),
        "{printed}"
    );
}

#[test]
fn the_schema_has_every_key_and_no_other() {
    let schema = Profile::schema();
    let listener = &schema["$defs"]["Listener"];
    assert_eq!(listener["additionalProperties"], false);
    let keys = |object: &serde_json::Value| {
        object["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&schema), ["about", "listener", "seed"]);
    assert_eq!(
        keys(&schema["$defs"]["Rule"]),
        [
            "every", "faults", "first", "from", "latency", "method", "n", "name", "path", "to"
        ]
    );
    assert!(schema["$defs"]["Rule"]["properties"]["latency"]["description"].is_string());
}
