//! Finds the flags of a folder that are named by country, such as `Brazil--BR.gif`.

use super::file_name;
use flagpole_protocol::CountryCode;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// The flags of a folder that are named by country; listed when first needed.
#[derive(Debug, Default)]
pub(super) struct CountryFiles(OnceLock<HashMap<CountryCode, PathBuf>>);

impl CountryFiles {
    pub(super) fn get(&self, folder: &Path, code: CountryCode) -> Option<&Path> {
        let files = self.0.get_or_init(|| list(folder));
        files.get(&code).map(PathBuf::as_path)
    }
}

/// The newest file of each code: there are several if the name of the country has changed.
fn list(folder: &Path) -> HashMap<CountryCode, PathBuf> {
    let mut newest: HashMap<CountryCode, (SystemTime, PathBuf)> = HashMap::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let code = entry.file_name().to_str().and_then(file_name::parse_code);
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if let (Some(code), Ok(modified)) = (code, modified) {
            let found = (modified, entry.path());
            let best = newest.entry(code).or_insert_with(|| found.clone());
            *best = found.max(best.clone());
        }
    }
    newest
        .into_iter()
        .map(|(code, (_, path))| (code, path))
        .collect()
}
