//! Files on disk: with names from the network, staged until their names are known, and partial files for the next run.

use crate::gif::{self, GIF};
use bytes::Bytes;
use flagpole_client::DownloadDir;
use flagpole_client::storage::resume::{LocalCopy, PartialBody, PartialResponse};
use flagpole_protocol::Outcome;
use flagpole_protocol::{ByteRange, EntityTag};
use flagpole_protocol::{ContentDigest, CountryCode, Resource};
use proptest::prelude::*;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

const HERE: &str = "http://127.0.0.1:8001";
const LIMIT: usize = 1000;
const WHOLE: &[u8] = GIF.as_bytes();

fn code() -> CountryCode {
    "BR".parse().unwrap()
}

fn flag() -> Resource {
    Resource::Flag(code())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn plain(folder: &Path) -> DownloadDir {
    DownloadDir::prepare(folder).unwrap()
}

fn resuming(folder: &Path) -> DownloadDir {
    plain(folder).resuming(HERE, LIMIT)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

fn save_by_country(to: &DownloadDir, body: &[u8], country: &str) -> Result<String, Outcome> {
    let path = to.rename_staged(to.stage(body)?, country, code())?;
    Ok(path.file_name().unwrap().to_str().unwrap().to_owned())
}

/// The first bytes of `WHOLE`.
fn partial(length: usize) -> PartialBody {
    let body = Bytes::from_static(&WHOLE[..length]);
    let whole = Some(WHOLE.len() as u64);
    PartialBody::from_response("\"v1\"", whole, Some(ContentDigest::from_body(WHOLE)), body)
        .unwrap()
}

#[test]
fn malicious_country_writes_one_file_in_the_folder() {
    let outside = folder();
    let inside = outside.path().join("a/b");
    let destination = plain(&inside);
    let absolute = outside.path().join("x");
    let long = "x".repeat(300);
    for country in [
        "../../x",
        absolute.to_str().unwrap(),
        r"..\..\x",
        "x\0y",
        &long,
        "🇧🇷",
        "..",
        "",
    ] {
        let name = save_by_country(&destination, b"GIF", country).unwrap();
        assert_eq!(names(&inside), [name.as_str()], "{country:?}");
        assert_eq!(names(outside.path()), ["a"]);
        fs::remove_file(inside.join(name)).unwrap();
    }
}

#[test]
fn two_countries_of_one_name_are_two_files() {
    let folder = folder();
    let destination = plain(folder.path());
    for code in ["CD", "CG"] {
        let staged = destination.stage(code.as_bytes()).unwrap();
        destination
            .rename_staged(staged, "Congo", code.parse().unwrap())
            .unwrap();
    }
    assert_eq!(names(folder.path()), ["Congo--CD.gif", "Congo--CG.gif"]);
    let first = fs::read(folder.path().join("Congo--CD.gif")).unwrap();
    assert_eq!(first, b"CD");
}

#[cfg(unix)]
#[test]
fn link_is_replaced_and_not_followed() {
    let (folder, elsewhere) = (folder(), folder());
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let destination = resuming(folder.path());
    let files = ["br.gif", "br.gif.part", "Brazil--BR.gif"];
    for name in files {
        std::os::unix::fs::symlink(&victim, folder.path().join(name)).unwrap();
    }
    assert_eq!(destination.local_copy(flag()), LocalCopy::default());
    destination.save(flag(), WHOLE).unwrap();
    destination.save_partial(flag(), &partial(4)).unwrap();
    for name in ["br.gif", "br.gif.part"] {
        let metadata = fs::symlink_metadata(folder.path().join(name)).unwrap();
        assert!(metadata.is_file(), "{name}");
    }
    save_by_country(&destination, WHOLE, "Brazil").unwrap();
    assert_eq!(names(folder.path()), ["Brazil--BR.gif", "br.gif"]);
    assert_eq!(fs::read(victim).unwrap(), b"precious");
}

#[test]
fn cached_file_has_the_derived_entity_tag() {
    let folder = folder();
    let destination = resuming(folder.path());
    assert_eq!(destination.cached_file(flag()), None);
    destination.save(flag(), WHOLE).unwrap();
    let cached = destination.cached_file(flag()).unwrap();
    assert_eq!(
        cached.etag,
        EntityTag::from_digest(ContentDigest::from_body(WHOLE))
    );
    assert_eq!(cached.bytes, WHOLE.len() as u64);
    assert_eq!(plain(folder.path()).cached_file(flag()), None);
    for (length, is_cached) in [(LIMIT, true), (LIMIT + 1, false)] {
        fs::write(destination.path(flag()), gif::of_length(length)).unwrap();
        assert_eq!(destination.cached_file(flag()).is_some(), is_cached);
    }
}

#[test]
fn damaged_file_is_not_cached() {
    let folder = folder();
    let destination = resuming(folder.path());
    for damaged in [&b""[..], b"damaged", &WHOLE[..20], &[WHOLE, WHOLE].concat()] {
        fs::write(destination.path(flag()), damaged).unwrap();
        assert_eq!(destination.cached_file(flag()), None, "{damaged:?}");
    }
}

#[test]
fn flag_named_by_country_is_found_by_code() {
    let folder = folder();
    fs::write(folder.path().join("Somewhere--US.gif"), "US").unwrap();
    fs::write(folder.path().join("A--BR--B.gif"), "no").unwrap();
    fs::write(folder.path().join("--BR.gif.txt"), "no").unwrap();
    let destination = || resuming(folder.path()).by_country();
    assert_eq!(destination().cached_file(flag()), None);
    save_by_country(&destination(), WHOLE, "São--US.gif").unwrap();
    let cached = destination().cached_file(flag()).unwrap();
    assert_eq!(
        cached.etag,
        EntityTag::from_digest(ContentDigest::from_body(WHOLE))
    );
    // A flag named by country is not a flag named by code.
    assert_eq!(resuming(folder.path()).cached_file(flag()), None);
}

#[test]
fn newest_flag_of_a_renamed_country_is_used() {
    let folder = folder();
    let day = Duration::from_secs(86_400);
    for (name, days) in [("B--BR.gif", 1), ("A--BR.gif", 3), ("C--BR.gif", 2)] {
        let path = folder.path().join(name);
        fs::write(&path, gif::with_text(name)).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + days * day)
            .unwrap();
    }
    let cached = resuming(folder.path()).by_country().cached_file(flag());
    let newest = gif::with_text("A--BR.gif");
    assert_eq!(
        cached.unwrap().etag,
        EntityTag::from_digest(ContentDigest::from_body(newest.as_bytes()))
    );
}

#[test]
fn partial_body_is_completed_and_removed() {
    let folder = folder();
    resuming(folder.path())
        .save_partial(flag(), &partial(4))
        .unwrap();
    assert_eq!(names(folder.path()), ["br.gif.part"]);
    // The next run.
    let destination = resuming(folder.path());
    let left = destination.partial_body(flag()).unwrap();
    assert_eq!(left, partial(4));
    let range = format!("bytes 4-{}/{}", WHOLE.len() - 1, WHOLE.len());
    let response = PartialResponse {
        status: 206,
        etag: Some("\"v1\""),
        content_range: Some(&range),
        repr_digest: None,
    };
    let rest = Bytes::from_static(&WHOLE[4..]);
    let whole = left.merge(&response, rest, LIMIT).unwrap();
    destination.save(flag(), &whole).unwrap();
    assert_eq!(names(folder.path()), ["br.gif"]);
    assert_eq!(fs::read(destination.path(flag())).unwrap(), WHOLE);
}

#[test]
fn request_names_both_cached_and_partial_version() {
    let folder = folder();
    let destination = resuming(folder.path());
    let old = gif::with_text("old");
    destination.save(flag(), old.as_bytes()).unwrap();
    destination.save_partial(flag(), &partial(4)).unwrap();
    let conditions = destination.local_copy(flag()).conditions();
    let old = EntityTag::from_digest(ContentDigest::from_body(old.as_bytes()));
    assert_eq!(conditions.if_none_match.unwrap(), old.to_string());
    assert_eq!(conditions.range, Some(ByteRange::From(4, None)));
    assert_eq!(conditions.if_range.unwrap(), "\"v1\"");
}

#[test]
fn without_resume_partial_files_are_neither_written_nor_read() {
    let folder = folder();
    let destination = plain(folder.path());
    destination.save_partial(flag(), &partial(4)).unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
    resuming(folder.path())
        .save_partial(flag(), &partial(4))
        .unwrap();
    assert_eq!(destination.local_copy(flag()), LocalCopy::default());
    destination.save(flag(), WHOLE).unwrap();
    assert_eq!(names(folder.path()), ["br.gif", "br.gif.part"]);
}

#[test]
fn foreign_partial_file_is_ignored() {
    let folder = folder();
    let destination = resuming(folder.path());
    let part = |name: &str| folder.path().join(format!("{name}.part"));
    destination.save_partial(flag(), &partial(4)).unwrap();
    let elsewhere = plain(folder.path()).resuming("http://127.0.0.1:9999", LIMIT);
    assert_eq!(elsewhere.partial_body(flag()), None);
    fs::copy(part("br.gif"), part("us.gif")).unwrap();
    let us = Resource::Flag("US".parse().unwrap());
    assert_eq!(destination.partial_body(us), None);
    // Larger than the new limit.
    let strict = plain(folder.path()).resuming(HERE, WHOLE.len() - 1);
    assert_eq!(strict.partial_body(flag()), None);
    // Any foreign content is replaced.
    let deep = vec![b'['; 100_000];
    for foreign in [&b""[..], b"{}\n", b"[[[[", &deep, b"\xff\n\n"] {
        fs::write(part("br.gif"), foreign).unwrap();
        assert_eq!(destination.partial_body(flag()), None);
        destination.save_partial(flag(), &partial(5)).unwrap();
        assert_eq!(destination.partial_body(flag()), Some(partial(5)));
    }
    destination.remove_partial(flag());
    destination.remove_partial(flag());
    assert_eq!(names(folder.path()), ["us.gif.part"]);
}

proptest! {
    #[test]
    fn partial_body_round_trips(
        tag in "[!#-~]{0,100}",
        body in prop::collection::vec(any::<u8>(), 1..500),
        missing in prop::option::of(1_u64..500),
        digest in prop::option::of(any::<Vec<u8>>()),
    ) {
        let folder = folder();
        let destination = resuming(folder.path());
        let whole = missing.map(|missing| body.len() as u64 + missing);
        let digest = digest.map(|body| ContentDigest::from_body(&body));
        let partial = PartialBody::from_response(&format!("\"{tag}\""), whole, digest, body.into()).unwrap();
        destination.save_partial(flag(), &partial).unwrap();
        prop_assert_eq!(destination.partial_body(flag()), Some(partial));
    }

    #[test]
    fn damaged_partial_file_yields_no_wrong_byte(at: prop::sample::Index, bit in 0_u8..8, cut: bool) {
        let folder = folder();
        let destination = resuming(folder.path());
        destination.save_partial(flag(), &partial(9)).unwrap();
        let path = folder.path().join("br.gif.part");
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1_u8 << bit;
        }
        fs::write(&path, bytes).unwrap();
        let left = destination.partial_body(flag());
        prop_assert!(left.is_none_or(|left| !cut && left.body() == &WHOLE[..9]));
    }
}

#[cfg(unix)]
#[test]
fn read_only_folder_is_a_permission_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let destination = resuming(folder.path());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write to any folder");
        return;
    }
    let denied = Outcome::WriteFailed {
        message: "Permission denied (os error 13)".into(),
    };
    assert_eq!(destination.save(flag(), WHOLE), Err(denied.clone()));
    assert_eq!(destination.stage(WHOLE).unwrap_err(), denied);
    let partial = destination.save_partial(flag(), &partial(4));
    assert_eq!(partial, Err(denied));
    assert_eq!(names(folder.path()), [""; 0]);
}

/// The folder of `saves_beyond_the_file_size_limit`.
#[cfg(unix)]
const FOLDER: &str = "FLAGPOLE_TEST_FOLDER";

/// A file size limit (`ulimit -f`) makes a write fail half way, like a full disk. It applies to all threads of a
/// process, so the test starts a process of its own.
#[cfg(unix)]
#[test]
fn full_disk_is_an_error_and_leaves_no_file() {
    let folder = folder();
    plain(folder.path()).save(flag(), b"old").unwrap();
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let output = std::process::Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "storage::saves_beyond_the_file_size_limit",
        ])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}"
    );
    assert_eq!(names(folder.path()), ["br.gif"]);
    assert_eq!(fs::read(folder.path().join("br.gif")).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
#[ignore = "run by `full_disk_is_an_error_and_leaves_no_file`"]
fn saves_beyond_the_file_size_limit() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        eprintln!("skipped: needs a process of its own");
        return;
    };
    let folder = Path::new(&folder);
    let destination = plain(folder).resuming(HERE, 1 << 20);
    let large = vec![0; 100_000];
    let full = Outcome::WriteFailed {
        message: "File too large (os error 27)".into(),
    };
    assert_eq!(destination.save(flag(), &large), Err(full.clone()));
    assert_eq!(destination.stage(&large).unwrap_err(), full);
    let partial = PartialBody::from_response("\"v1\"", None, None, large.into()).unwrap();
    assert_eq!(destination.save_partial(flag(), &partial), Err(full));
    assert_eq!(names(folder), ["br.gif"]);
}
