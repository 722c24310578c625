//! Files on disk: saved, staged until their names are known, with names from the network, and partial files for the
//! next run.

use super::*;
use crate::storage::gif::tests::{SMALLEST as WHOLE, with_text};
use crate::storage::resume::{LocalCopy, PartialBody};
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag};
use proptest::prelude::*;
use std::{fs::File, time::Duration};

const HERE: &str = "http://127.0.0.1:8001";
const LIMIT: usize = 1000;

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
    PartialBody::new(
        tag("\"v1\""),
        whole,
        Some(ContentDigest::from_body(WHOLE)),
        body,
    )
    .unwrap()
}

fn tag(text: &str) -> EntityTag {
    EntityTag::parse(text).unwrap()
}

/// The entity tag of the complete file that is found.
fn cached(dir: &DownloadDir) -> Option<EntityTag> {
    dir.local_copy(flag()).cached
}

/// The partial body that is found.
fn found_partial(dir: &DownloadDir) -> Option<PartialBody> {
    dir.local_copy(flag()).partial
}

fn derived_tag(body: &[u8]) -> EntityTag {
    EntityTag::from_digest(ContentDigest::from_body(body))
}

#[test]
fn flag_is_saved_under_its_code_without_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("a/b");
    let dir = DownloadDir::prepare(&nested).unwrap();
    dir.save(flag(), b"old").unwrap();
    dir.save(flag(), b"new").unwrap();
    assert_eq!(names(&nested), ["br.gif"]);
    assert_eq!(fs::read(nested.join("br.gif")).unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn saved_file_has_default_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let new_file = folder.path().join("ordinary");
    fs::write(&new_file, "").unwrap();
    let dir = DownloadDir::prepare(folder.path()).unwrap();
    dir.save(flag(), b"GIF").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.path(flag())), mode(&new_file));
}

#[test]
fn path_that_is_no_folder_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for bad in [file.clone(), file.join("below")] {
        let error = DownloadDir::prepare(&bad).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot write to the folder `{}`: ", bad.display())),
            "{error}"
        );
    }
}

#[test]
fn failed_save_gives_the_reason_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DownloadDir::prepare(folder.path()).unwrap();
    fs::create_dir(dir.path(flag())).unwrap();
    fs::write(dir.path(flag()).join("x"), "").unwrap();
    let error = dir.save(flag(), b"GIF").unwrap_err();
    assert!(
        matches!(&error, Outcome::WriteFailed { message, .. } if !message.contains(".flagpole")),
        "{error}"
    );
    assert_eq!(names(folder.path()), ["br.gif"]);
    fs::remove_dir_all(folder.path()).unwrap();
    let gone = dir.save(flag(), b"GIF").unwrap_err().to_string();
    assert!(
        gone.starts_with("cannot write file: ") && !gone.contains(".flagpole"),
        "{gone}"
    );
}

#[test]
fn staged_flag_is_renamed_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DownloadDir::prepare(folder.path()).unwrap();
    drop(dir.stage(b"GIF").unwrap());
    assert_eq!(names(folder.path()), [""; 0]);
    for body in [b"old", b"new"] {
        let staged = dir.stage(body).unwrap();
        let path = dir.rename_staged(staged, "Brazil", code()).unwrap();
        assert_eq!(path, folder.path().join("Brazil--BR.gif"));
        assert_eq!(fs::read(path).unwrap(), body);
    }
    assert_eq!(names(folder.path()), ["Brazil--BR.gif"]);
}

#[test]
fn removing_temporaries_keeps_saved_files() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DownloadDir::prepare(folder.path()).unwrap();
    dir.save(flag(), b"GIF").unwrap();
    let staged = dir.stage(b"GIF").unwrap();
    dir.clone().remove_temporaries();
    assert_eq!(names(folder.path()), ["br.gif"]);
    let renamed = dir.rename_staged(staged, "Brazil", code());
    assert!(
        matches!(renamed, Err(Outcome::WriteFailed { .. })),
        "{renamed:?}"
    );
    let saved = dir.save(flag(), b"new");
    assert_eq!(
        saved.unwrap_err().to_string(),
        "cannot write file: the run was stopped"
    );
    assert_eq!(fs::read(dir.path(flag())).unwrap(), b"GIF");
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
    assert_eq!(cached(&destination), None);
    destination.save(flag(), WHOLE).unwrap();
    assert_eq!(cached(&destination), Some(derived_tag(WHOLE)));
    assert_eq!(cached(&plain(folder.path())), None);
    for (limit, is_cached) in [(WHOLE.len(), true), (WHOLE.len() - 1, false)] {
        let destination = plain(folder.path()).resuming(HERE, limit);
        assert_eq!(cached(&destination).is_some(), is_cached);
    }
}

#[test]
fn damaged_file_is_not_cached() {
    let folder = folder();
    let destination = resuming(folder.path());
    for damaged in [&b""[..], b"damaged", &WHOLE[..20], &[WHOLE, WHOLE].concat()] {
        fs::write(destination.path(flag()), damaged).unwrap();
        assert_eq!(cached(&destination), None, "{damaged:?}");
    }
}

#[test]
fn flag_named_by_country_is_found_by_code() {
    let folder = folder();
    fs::write(folder.path().join("Somewhere--US.gif"), "US").unwrap();
    fs::write(folder.path().join("A--BR--B.gif"), "no").unwrap();
    fs::write(folder.path().join("--BR.gif.txt"), "no").unwrap();
    let destination = || resuming(folder.path()).by_country();
    assert_eq!(cached(&destination()), None);
    save_by_country(&destination(), WHOLE, "São--US.gif").unwrap();
    assert_eq!(cached(&destination()), Some(derived_tag(WHOLE)));
    // A flag named by country is not a flag named by code.
    assert_eq!(cached(&resuming(folder.path())), None);
}

#[test]
fn newest_flag_of_a_renamed_country_is_used() {
    let folder = folder();
    let day = Duration::from_secs(86_400);
    for (name, days) in [("B--BR.gif", 1), ("A--BR.gif", 3), ("C--BR.gif", 2)] {
        let path = folder.path().join(name);
        fs::write(&path, with_text(name)).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + days * day)
            .unwrap();
    }
    let newest = derived_tag(&with_text("A--BR.gif"));
    assert_eq!(cached(&resuming(folder.path()).by_country()), Some(newest));
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
    let local = destination.local_copy(flag());
    assert_eq!(local.partial, Some(partial(4)));
    let range = format!("bytes 4-{}/{}", WHOLE.len() - 1, WHOLE.len());
    let mut response = RawResponse {
        status: Some(206),
        etag: Some(tag("\"v1\"")),
        content_range: ContentRange::parse(&range),
        result: Ok(Bytes::from_static(&WHOLE[4..])),
        ..RawResponse::default()
    };
    let (outcome, _) = local.evaluate_conditional(&mut response, LIMIT);
    assert_eq!(outcome, Some(Outcome::Ok));
    let whole = response.result.unwrap();
    destination.save(flag(), &whole).unwrap();
    assert_eq!(names(folder.path()), ["br.gif"]);
    assert_eq!(fs::read(destination.path(flag())).unwrap(), WHOLE);
}

#[test]
fn cached_and_partial_version_are_both_found() {
    let folder = folder();
    let destination = resuming(folder.path());
    let old = with_text("old");
    destination.save(flag(), &old).unwrap();
    destination.save_partial(flag(), &partial(4)).unwrap();
    assert_eq!(cached(&destination), Some(derived_tag(&old)));
    assert_eq!(found_partial(&destination), Some(partial(4)));
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
    assert_eq!(found_partial(&elsewhere), None);
    fs::copy(part("br.gif"), part("us.gif")).unwrap();
    let us = Resource::Flag("US".parse().unwrap());
    assert_eq!(destination.local_copy(us).partial, None);
    // Larger than the new limit.
    let strict = plain(folder.path()).resuming(HERE, WHOLE.len() - 1);
    assert_eq!(found_partial(&strict), None);
    // Any foreign content is replaced.
    let deep = vec![b'['; 100_000];
    for foreign in [&b""[..], b"{}\n", b"[[[[", &deep, b"\xff\n\n"] {
        fs::write(part("br.gif"), foreign).unwrap();
        assert_eq!(found_partial(&destination), None);
        destination.save_partial(flag(), &partial(5)).unwrap();
        assert_eq!(found_partial(&destination), Some(partial(5)));
    }
    destination.remove_partial(flag());
    destination.remove_partial(flag());
    assert_eq!(names(folder.path()), ["us.gif.part"]);
}

proptest! {
    #[test]
    fn partial_body_round_trips(
        inner in "[!#-~]{0,100}",
        body in prop::collection::vec(any::<u8>(), 1..500),
        missing in prop::option::of(1_u64..500),
        digest in prop::option::of(any::<Vec<u8>>()),
    ) {
        let folder = folder();
        let destination = resuming(folder.path());
        let whole = missing.map(|missing| body.len() as u64 + missing);
        let digest = digest.map(|body| ContentDigest::from_body(&body));
        let partial = PartialBody::new(tag(&format!("\"{inner}\"")), whole, digest, body.into()).unwrap();
        destination.save_partial(flag(), &partial).unwrap();
        prop_assert_eq!(found_partial(&destination), Some(partial));
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
        let left = found_partial(&destination);
        prop_assert!(left.is_none_or(|left| !cut && left.body == WHOLE[..9]));
    }
}

#[test]
fn write_into_a_removed_folder_is_an_error() {
    let folder = folder();
    let destination = resuming(folder.path());
    fs::remove_dir_all(folder.path()).unwrap();
    let expected = io::Error::from_raw_os_error(2).to_string();
    let is_expected = |outcome: &Outcome| matches!(outcome, Outcome::WriteFailed { message } if message.contains(&expected));
    let outcomes = [
        destination.save(flag(), WHOLE).unwrap_err(),
        destination.stage(WHOLE).unwrap_err(),
        destination.save_partial(flag(), &partial(4)).unwrap_err(),
    ];
    assert!(outcomes.iter().all(is_expected), "{outcomes:?}");
    assert!(!folder.path().exists());
}

/// The environment variable that names the folder of the process with a file size limit.
#[cfg(unix)]
const FOLDER: &str = "FLAGPOLE_TEST_FOLDER";

/// A file size limit (`ulimit -f`) makes a write fail half way, like a full disk. It applies to all threads of a
/// process, so the test runs itself in a second process, where `FOLDER` is set.
#[cfg(unix)]
#[test]
fn full_disk_is_an_error_and_leaves_no_file() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return save_beyond_the_file_size_limit(Path::new(&folder));
    }
    let folder = folder();
    plain(folder.path()).save(flag(), b"old").unwrap();
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let output = std::process::Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "storage::download_dir::tests::full_disk_is_an_error_and_leaves_no_file",
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
fn save_beyond_the_file_size_limit(folder: &Path) {
    let destination = plain(folder).resuming(HERE, 1 << 20);
    let large = vec![0; 100_000];
    let full = Outcome::WriteFailed {
        message: "File too large (os error 27)".into(),
    };
    assert_eq!(destination.save(flag(), &large), Err(full.clone()));
    assert_eq!(destination.stage(&large).unwrap_err(), full);
    let partial = PartialBody::new(tag("\"v1\""), None, None, large.into()).unwrap();
    assert_eq!(destination.save_partial(flag(), &partial), Err(full));
    assert_eq!(names(folder), ["br.gif"]);
}
