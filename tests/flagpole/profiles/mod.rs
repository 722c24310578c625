//! The built-in profiles: previewed fates are what the server does, in any order of requests, and
//! what `get` reports.

mod downloads;
mod journal;

use flagpole_protocol::CountryCode;
use flagpole_server::Profile;
use std::fs;

const CODES: &str = "BR US JP NP VA IN CN FR MX ES BY TM EC SV HT AF BZ FJ BO PT";

pub(crate) fn built_in() -> Vec<(String, Profile)> {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
    let paths = folder.map(|file| file.unwrap().path());
    let profiles = paths.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap().parse().unwrap())
    });
    let profiles: Vec<_> = profiles.collect();
    assert_eq!(profiles.len(), 9);
    profiles
}

fn codes() -> impl Iterator<Item = CountryCode> {
    CODES.split(' ').map(|code| code.parse().unwrap())
}
