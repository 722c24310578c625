//! The example clients (`examples/clients`) that programs of an experiment can use as `{clients}/NAME`.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

macro_rules! files {
    ($($name:literal),*) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/clients/", $name)))),*]
    };
}

/// The names and the contents of the files.
const FILES: &[(&str, &str)] = files![
    "aiohttp_asyncio.py",
    "curl_parallel.sh",
    "fetch.mjs",
    "httpx_asyncio.py",
    "net_http.go",
    "requests_sequential.py",
    "requests_threads.py"
];

/// Writes the files into this folder, which must not exist.
pub(crate) fn write(folder: &Path) -> Result<()> {
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in FILES {
        let file = folder.join(name);
        let written = fs::write(&file, text);
        written.with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The description, and the package that is built before it is used.
    const OTHERS: [&str; 2] = ["README.md", "rust"];

    #[test]
    fn every_example_client_is_written() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("clients")).unwrap();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let mut sources = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clients"));
        sources.retain(|name| !OTHERS.iter().any(|other| name == other));
        assert_eq!(names(&folder.path().join("clients")), sources);
    }
}
