//! Lies about where a flag is.

use super::server::{Behavior, MaliciousServer};
use super::{BODY_LIMIT, PATIENT, case, download, head};
use crate::combos::in_every_way;
use flagpole_client::Workload;

const BR: &str = "/flags/br/br.gif";

fn to(location: &str) -> Behavior {
    let fields = format!("Location: {location}\r\nContent-Length: 0\r\n");
    Behavior::Say(head("302 Found", &fields))
}

#[test]
fn a_redirect_to_itself_is_followed_five_times() {
    for location in [BR, "br.gif", "", "#x", "?again"] {
        in_every_way(|way| {
            let liar = MaliciousServer::about(BR, to(location));
            let (run, files) = download(way, &liar, Workload::flags, (BODY_LIMIT, PATIENT));
            let case = case("a circle", to(location), &["too_many_redirects"]);
            case.assert_told(&way.name(), &run, files);
            let requests = liar.requests();
            let about = requests.iter().filter(|target| target.starts_with(BR));
            assert_eq!((about.count(), requests.len()), (6, 7));
            assert_eq!(run.stats.redirects, 5);
        });
    }
}

#[test]
fn a_redirect_elsewhere_is_not_followed() {
    for elsewhere in [
        "http://ADDRESS/flags/br/br.gif",
        "//ADDRESS/flags/br/br.gif",
        "http://x@ADDRESS/",
        "http://:x@ADDRESS/",
    ] {
        in_every_way(|way| {
            let other = MaliciousServer::honest();
            let location = elsewhere.replace("ADDRESS", &other.address().to_string());
            let liar = MaliciousServer::about(BR, to(&location));
            let (run, files) = download(way, &liar, Workload::flags, (BODY_LIMIT, PATIENT));
            let case = case("elsewhere", to(&location), &["http_302"]);
            case.assert_told(&way.name(), &run, files);
            assert_eq!(other.connections(), 0, "{}", way.name());
            assert_eq!(liar.requests().len(), 2);
        });
    }
}

#[test]
fn a_redirect_that_is_no_url_is_not_followed() {
    for location in [
        "http://[",
        "https://127.0.0.1/",
        "data:image/gif,GIF89a",
        "file:///etc/passwd",
        "\u{1}",
        // Three bytes each in a path: more than one may have.
        &"\"".repeat(3_000),
        &"\"".repeat(30_000),
    ] {
        in_every_way(|way| {
            let liar = MaliciousServer::about(BR, to(location));
            let (run, files) = download(way, &liar, Workload::flags, (BODY_LIMIT, PATIENT));
            // A control character makes it no HTTP.
            let case = case("no URL", to(location), &["http_302", "protocol_error"]);
            case.assert_told(&way.name(), &run, files);
            assert_eq!(liar.requests().len(), 2, "{location}");
        });
    }
}
