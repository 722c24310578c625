//! Malicious metadata: what is not valid names no flag, and no name leaves the folder.

use super::server::{Behavior, MaliciousServer, honest_response};
use super::{BODY_LIMIT, LONG_TIMEOUT, br, download_two, final_attempt, original_body, us};
use crate::combos::{FolderContents, sizes, with_every_combo};
use flagpole_client::Workload;
use flagpole_protocol::{MeasuredRun, Outcome};
use std::time::Duration;

const BR: &str = "/flags/br/metadata.json";

/// Above every body of these tests: the metadata itself is tested, not the body limit.
const LARGE_LIMITS: (u64, Duration) = (16 << 20, LONG_TIMEOUT);

/// Downloads with this metadata of Brazil; `check` gets the run and the files without the flag of
/// the United States.
fn with_metadata(metadata: &[u8], check: impl Fn(&str, &MeasuredRun, FolderContents) + Sync) {
    with_every_combo(|combo| {
        let server = MaliciousServer::for_path(BR, Behavior::Reply(honest_response(metadata)));
        let (run, mut files) = download_two(combo, &server, Workload::with_metadata, LARGE_LIMITS);
        assert_eq!(
            final_attempt(&run, us()).outcome,
            Outcome::Ok,
            "{}",
            combo.name()
        );
        let mut names = files.keys();
        let found = names.find(|name| name.ends_with("--US.gif")).cloned();
        assert!(files.remove(&found.unwrap()) == Some(crate::combos::original_body(us())));
        check(&combo.name(), &run, files);
    });
}

fn assert_refused(name: &str, metadata: &[u8]) {
    with_metadata(metadata, |combo, run, files| {
        let outcome = &final_attempt(run, br()).outcome;
        assert!(
            matches!(outcome, Outcome::BadMetadata(_)),
            "{name}, {combo}: {outcome}"
        );
        // The message must not quote all of the metadata.
        assert!(outcome.to_string().len() < 300, "{name}, {combo}");
        assert!(files.is_empty(), "{name}, {combo}: {:?}", sizes(&files));
    });
}

fn assert_saved_as(country: &str, file: &str) {
    let metadata = serde_json::json!({ "country": country, "iso_cc": "BR" }).to_string();
    with_metadata(metadata.as_bytes(), |combo, run, files| {
        let outcome = &final_attempt(run, br()).outcome;
        assert_eq!(*outcome, Outcome::Ok, "{combo}");
        assert_eq!(sizes(&files), [(file, original_body().len())], "{combo}");
        assert!(files[file] == original_body());
    });
}

#[test]
fn invalid_metadata_is_an_error() {
    for (name, metadata) in [
        ("nothing", ""),
        ("no JSON", "GIF89a"),
        ("truncated JSON", r#"{"country": "Bra"#),
        ("no country", r#"{"iso_cc": "BR"}"#),
        ("a number as name", r#"{"country": 7}"#),
        ("null", r#"{"country": null}"#),
        ("a list of names", r#"{"country": ["Brazil"]}"#),
        ("two names", r#"{"country": "a", "country": "b"}"#),
        ("half a surrogate pair", r#"{"country": "\ud800"}"#),
    ] {
        assert_refused(name, metadata.as_bytes());
    }
    assert_refused("not UTF-8", b"{\"country\": \"\xff\"}");
}

#[test]
fn deeply_nested_metadata_does_not_overflow_the_stack() {
    assert_refused("nested lists", "[".repeat(10 << 20).as_bytes());
    let objects = "{\"a\":".repeat(100_000);
    assert_refused(
        "nested objects as name",
        format!("{{\"country\": {objects}").as_bytes(),
    );
    assert_refused(
        "nested objects in another key",
        format!("{{\"x\": {objects}").as_bytes(),
    );
}

#[test]
fn metadata_over_the_body_limit_is_too_large() {
    with_every_combo(|combo| {
        let server = MaliciousServer::for_path(
            BR,
            Behavior::Reply(honest_response("[".repeat(10 << 20).as_bytes())),
        );
        let (run, files) = download_two(
            combo,
            &server,
            Workload::with_metadata,
            (BODY_LIMIT, LONG_TIMEOUT),
        );
        assert_eq!(
            final_attempt(&run, br()).outcome,
            Outcome::TooLarge,
            "{}",
            combo.name()
        );
        assert_eq!(files.len(), 1);
    });
}

#[test]
fn country_name_stays_in_the_folder() {
    assert_saved_as("../../etc/passwd", "etc_passwd--BR.gif");
    assert_saved_as("/etc/passwd", "etc_passwd--BR.gif");
    assert_saved_as("..", "BR--BR.gif");
    assert_saved_as("", "BR--BR.gif");
    assert_saved_as("Bra\u{0}zil", "Brazil--BR.gif");
    assert_saved_as("🇧🇷 Brazil", "🇧🇷_Brazil--BR.gif");
    assert_saved_as(".flagpole-x.tmp", "flagpole-x.tmp--BR.gif");
}

#[test]
fn long_country_name_is_truncated() {
    for length in [300, 1 << 20] {
        let name = "x".repeat(length);
        let file = format!("{}--BR.gif", "x".repeat(255 - 1 - "--BR.gif".len()));
        assert_saved_as(&name, &file);
    }
}

#[test]
fn equal_country_names_give_two_files() {
    let metadata =
        crate::combos::original_body(flagpole_protocol::Resource::Metadata(us().code().unwrap()));
    let metadata = String::from_utf8(metadata).unwrap();
    let metadata = metadata.replace("\"US\"", "\"BR\"");
    with_metadata(metadata.as_bytes(), |combo, run, files| {
        assert_eq!(final_attempt(run, br()).outcome, Outcome::Ok, "{combo}");
        let (name, body) = files.into_iter().next().unwrap();
        assert!(
            name.ends_with("--BR.gif") && body == original_body(),
            "{combo}: {name}"
        );
    });
}

#[test]
fn metadata_of_another_country_is_an_error() {
    let metadata =
        crate::combos::original_body(flagpole_protocol::Resource::Metadata(us().code().unwrap()));
    assert_refused("metadata of the United States", &metadata);
}

#[test]
fn missing_metadata_is_an_error() {
    with_every_combo(|combo| {
        let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let server = MaliciousServer::for_path(BR, Behavior::Reply(missing.to_vec()));
        let (run, files) = download_two(combo, &server, Workload::with_metadata, LARGE_LIMITS);
        let outcome = &final_attempt(&run, br()).outcome;
        assert_eq!(outcome.to_string(), "bad metadata: there is none");
        assert_eq!((run.stats.not_found, run.stats.error), (0, 1));
        assert_eq!(files.len(), 1, "{}", combo.name());
    });
}
