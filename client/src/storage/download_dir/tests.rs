//! Saving, staging and removing files.

use super::*;

fn br() -> Resource {
    Resource::Flag("BR".parse().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn flag_is_saved_under_its_code_without_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("a/b");
    let dir = DownloadDir::prepare(&nested).unwrap();
    dir.save(br(), b"old").unwrap();
    dir.save(br(), b"new").unwrap();
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
    dir.save(br(), b"GIF").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.path(br())), mode(&new_file));
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
    fs::create_dir(dir.path(br())).unwrap();
    fs::write(dir.path(br()).join("x"), "").unwrap();
    let error = dir.save(br(), b"GIF").unwrap_err();
    assert!(
        matches!(&error, Outcome::WriteFailed { message, .. } if !message.contains(".flagpole")),
        "{error}"
    );
    assert_eq!(names(folder.path()), ["br.gif"]);
    fs::remove_dir_all(folder.path()).unwrap();
    let gone = dir.save(br(), b"GIF").unwrap_err().to_string();
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
        let path = dir.rename_staged(staged, "Brazil", br().code()).unwrap();
        assert_eq!(path, folder.path().join("Brazil--BR.gif"));
        assert_eq!(fs::read(path).unwrap(), body);
    }
    assert_eq!(names(folder.path()), ["Brazil--BR.gif"]);
}

#[test]
fn removing_temporaries_keeps_saved_files() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DownloadDir::prepare(folder.path()).unwrap();
    dir.save(br(), b"GIF").unwrap();
    let staged = dir.stage(b"GIF").unwrap();
    dir.clone().remove_temporaries();
    assert_eq!(names(folder.path()), ["br.gif"]);
    let renamed = dir.rename_staged(staged, "Brazil", br().code());
    assert!(
        matches!(renamed, Err(Outcome::WriteFailed { .. })),
        "{renamed:?}"
    );
    let saved = dir.save(br(), b"new");
    assert_eq!(
        saved.unwrap_err().to_string(),
        "cannot write file: the run was stopped"
    );
    assert_eq!(fs::read(dir.path(br())).unwrap(), b"GIF");
}
