//! Lies about countries: what is no metadata names no flag, and no name leaves the folder.

use super::server::{Behavior, MaliciousServer, whole};
use super::{BODY_LIMIT, PATIENT, br, deciding, download, truth, us};
use crate::combos::{FolderContents, in_every_way, sizes};
use flagpole_client::Workload;
use flagpole_protocol::{MeasuredRun, Outcome};
use std::time::Duration;

const BR: &str = "/flags/br/metadata.json";

/// More than any of these lies: what is judged is what they say.
const LARGE: (u64, Duration) = (16 << 20, PATIENT);

/// Downloads with this as the metadata of Brazil, in every way; the flag of the United States is there
/// and true, and taken out.
fn told(metadata: &[u8], check: impl Fn(&str, &MeasuredRun, FolderContents) + Sync) {
    in_every_way(|way| {
        let liar = MaliciousServer::about(BR, Behavior::Say(whole(metadata)));
        let (run, mut files) = download(way, &liar, Workload::with_metadata, LARGE);
        assert_eq!(deciding(&run, us()).outcome, Outcome::Ok, "{}", way.name());
        let mut names = files.keys();
        let found = names.find(|name| name.ends_with("--US.gif")).cloned();
        assert!(files.remove(&found.unwrap()) == Some(crate::combos::truth(us())));
        check(&way.name(), &run, files);
    });
}

fn assert_refused(what: &str, metadata: &[u8]) {
    told(metadata, |way, run, files| {
        let outcome = &deciding(run, br()).outcome;
        assert!(
            matches!(outcome, Outcome::BadMetadata(_)),
            "{what}, {way}: {outcome}"
        );
        // A reason, not all of what was said.
        assert!(outcome.to_string().len() < 300, "{what}, {way}");
        assert!(files.is_empty(), "{what}, {way}: {:?}", sizes(&files));
    });
}

fn assert_named(country: &str, file: &str) {
    let metadata = serde_json::json!({ "country": country, "iso_cc": "BR" }).to_string();
    told(metadata.as_bytes(), |way, run, files| {
        let outcome = &deciding(run, br()).outcome;
        assert_eq!(*outcome, Outcome::Ok, "{way}");
        assert_eq!(sizes(&files), [(file, truth().len())], "{way}");
        assert!(files[file] == truth());
    });
}

#[test]
fn what_is_no_metadata_names_nothing() {
    for (what, metadata) in [
        ("nothing", ""),
        ("no JSON", "GIF89a"),
        ("half of it", r#"{"country": "Bra"#),
        ("no country", r#"{"iso_cc": "BR"}"#),
        ("no name", r#"{"country": 7}"#),
        ("null", r#"{"country": null}"#),
        ("a list of names", r#"{"country": ["Brazil"]}"#),
        ("two names", r#"{"country": "a", "country": "b"}"#),
        ("half of a pair", r#"{"country": "\ud800"}"#),
    ] {
        assert_refused(what, metadata.as_bytes());
    }
    assert_refused("no text", b"{\"country\": \"\xff\"}");
}

#[test]
fn metadata_ten_megabytes_deep_is_no_end_of_a_stack() {
    assert_refused("lists", "[".repeat(10 << 20).as_bytes());
    let objects = "{\"a\":".repeat(100_000);
    assert_refused("a name", format!("{{\"country\": {objects}").as_bytes());
    assert_refused("something else", format!("{{\"x\": {objects}").as_bytes());
}

#[test]
fn metadata_over_the_limit_is_refused_as_any_body_is() {
    in_every_way(|way| {
        let liar =
            MaliciousServer::about(BR, Behavior::Say(whole("[".repeat(10 << 20).as_bytes())));
        let (run, files) = download(way, &liar, Workload::with_metadata, (BODY_LIMIT, PATIENT));
        assert_eq!(
            deciding(&run, br()).outcome,
            Outcome::TooLarge,
            "{}",
            way.name()
        );
        assert_eq!(files.len(), 1);
    });
}

#[test]
fn a_name_stays_in_the_folder() {
    assert_named("../../etc/passwd", "etc_passwd--BR.gif");
    assert_named("/etc/passwd", "etc_passwd--BR.gif");
    assert_named("..", "BR--BR.gif");
    assert_named("", "BR--BR.gif");
    assert_named("Bra\u{0}zil", "Brazil--BR.gif");
    assert_named("🇧🇷 Brazil", "🇧🇷_Brazil--BR.gif");
    assert_named(".flagpole-x.tmp", "flagpole-x.tmp--BR.gif");
}

#[test]
fn a_name_of_any_length_is_a_file() {
    for length in [300, 1 << 20] {
        let name = "x".repeat(length);
        let file = format!("{}--BR.gif", "x".repeat(255 - 1 - "--BR.gif".len()));
        assert_named(&name, &file);
    }
}

#[test]
fn two_countries_of_one_name_are_two_files() {
    let metadata = crate::combos::truth(flagpole_protocol::Resource::Metadata(us().code()));
    let metadata = String::from_utf8(metadata).unwrap();
    let metadata = metadata.replace("\"US\"", "\"BR\"");
    told(metadata.as_bytes(), |way, run, files| {
        assert_eq!(deciding(run, br()).outcome, Outcome::Ok, "{way}");
        let (name, body) = files.into_iter().next().unwrap();
        assert!(
            name.ends_with("--BR.gif") && body == truth(),
            "{way}: {name}"
        );
    });
}

#[test]
fn metadata_of_another_country_names_nothing() {
    let metadata = crate::combos::truth(flagpole_protocol::Resource::Metadata(us().code()));
    assert_refused("that of the United States", &metadata);
}

#[test]
fn metadata_that_is_not_there_names_nothing() {
    in_every_way(|way| {
        let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let liar = MaliciousServer::about(BR, Behavior::Say(missing.to_vec()));
        let (run, files) = download(way, &liar, Workload::with_metadata, LARGE);
        let outcome = &deciding(&run, br()).outcome;
        assert_eq!(outcome.to_string(), "bad metadata: there is none");
        assert_eq!((run.stats.not_found, run.stats.error), (0, 1));
        assert_eq!(files.len(), 1, "{}", way.name());
    });
}
