//! The greeting of `serve` for people.

use crate::commands::serve::listeners::RunningListener;
use crate::process::ready::{ReadyDocument, ServedSite};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// The site, the URLs of the servers, and commands to try. `example` is the path of a flag, without a slash before it.
// Writing to a String cannot fail.
pub(super) fn greeting(
    running: &[RunningListener],
    ready: &ReadyDocument,
    example: &str,
) -> String {
    let (site, seed) = (site(&ready.site), ready.seed);
    let mut text = format!("Serving {site} (seed {seed}; press Ctrl-C to stop)\n\n");
    let name_of = |one: &RunningListener| one.server.name().unwrap_or_default();
    let width = running
        .iter()
        .map(|one| name_of(one).len())
        .max()
        .unwrap_or(0);
    for one in running {
        let (name, url) = (name_of(one), one.server.url());
        let gap = if width == 0 { "" } else { "  " };
        let _ = writeln!(
            text,
            "  {name:<width$}{gap}{url}flags/  {}",
            one.description
        );
    }
    if let Some(addresses) = addresses(running[0].server.addrs()) {
        let _ = writeln!(text, "\nListening on {addresses}");
    }
    if let Some(control) = &ready.control {
        let _ = writeln!(
            text,
            "\nControl plane: {control}\nLive page:     {control} in a browser"
        );
    }
    // Newcomers try this first: a response that is slow or an error would surprise them.
    let first = running
        .iter()
        .find(|one| one.is_clean)
        .unwrap_or(&running[0]);
    let url = first.server.url();
    // Some shells take brackets for a pattern.
    let quote = if url.contains('[') { "'" } else { "" };
    let _ = write!(
        text,
        "\nTry:\n  curl -i {quote}{url}{example}{quote}\n  flagpole get --url {quote}{url}{quote}\n"
    );
    text
}

fn site(site: &ServedSite) -> String {
    let count = |count, noun| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (flags, files) = (count(site.flags, "flag"), count(site.files, "file"));
    match &site.folder {
        Some(folder) => format!("{folder}: {flags}, {files}"),
        None => format!("the built-in site: {flags}, {files}"),
    }
}

/// The addresses, if they are not just the one in the URLs.
fn addresses(addresses: &[SocketAddr]) -> Option<String> {
    let is_specified = |address: &&SocketAddr| !address.ip().is_unspecified();
    if let [SocketAddr::V6(one)] = addresses
        && one.ip().is_unspecified()
    {
        return Some("all addresses of this machine".to_owned());
    }
    if addresses.len() == 1 && addresses.iter().all(|one| is_specified(&one)) {
        return None;
    }
    let name = |address: &SocketAddr| match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "all IPv4 addresses of this machine".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "all IPv6 addresses of this machine".to_owned(),
        ip => ip.to_string(),
    };
    let names: Vec<_> = addresses.iter().map(name).collect();
    Some(names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_named_where_the_urls_do_not_say_them() {
        let named = |list: &str| {
            let list: Vec<_> = list.split(' ').map(|one| one.parse().unwrap()).collect();
            addresses(&list)
        };
        assert_eq!(named("127.0.0.1:80"), None);
        assert_eq!(named("127.0.0.1:80 [::1]:80").unwrap(), "127.0.0.1 and ::1");
        assert_eq!(
            named("0.0.0.0:80").unwrap(),
            "all IPv4 addresses of this machine"
        );
        assert_eq!(named("[::]:80").unwrap(), "all addresses of this machine");
        assert_eq!(
            named("127.0.0.1:80 [::]:80").unwrap(),
            "127.0.0.1 and all IPv6 addresses of this machine"
        );
    }

    #[test]
    fn site_is_named_with_its_counts() {
        let mut served = ServedSite {
            folder: None,
            flags: 249,
            files: 498,
        };
        assert_eq!(site(&served), "the built-in site: 249 flags, 498 files");
        (served.folder, served.flags, served.files) = (Some("./mine".to_owned()), 1, 2);
        assert_eq!(site(&served), "./mine: 1 flag, 2 files");
    }
}
