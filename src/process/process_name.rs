//! A name for this process that no other one has.

use std::env;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// `<host>_<unique>`: the name of the machine, and 32 bits of chance.
pub(crate) fn unique() -> String {
    // The standard library seeds hashers at random.
    let random = RandomState::new().build_hasher().finish();
    format!("{}_{:08x}", host(), random >> 32)
}

/// The name of the machine, as far as it is known, without characters that are special in names of files.
fn host() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| {
        ["HOSTNAME", "COMPUTERNAME"]
            .iter()
            .find_map(|name| env::var(name).ok())
    });
    let named = named.unwrap_or_default();
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-.".contains(*letter);
    let host: String = named.trim().chars().filter(is_plain).take(63).collect();
    if host.is_empty() {
        "host".to_owned()
    } else {
        host
    }
}
