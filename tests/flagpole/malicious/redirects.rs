//! Malicious redirects.

use super::server::{Behavior, MaliciousServer};
use super::{BODY_LIMIT, LONG_TIMEOUT, case, download_two, head};
use crate::combos::with_every_combo;
use flagpole_client::Workload;

const BR: &str = "/flags/br/br.gif";

fn redirect_to(location: &str) -> Behavior {
    let fields = format!("Location: {location}\r\nContent-Length: 0\r\n");
    Behavior::Reply(head("302 Found", &fields))
}

#[test]
fn redirect_loop_is_followed_five_times() {
    for location in [BR, "br.gif", "", "#x", "?again"] {
        with_every_combo(|combo| {
            let server = MaliciousServer::for_path(BR, redirect_to(location));
            let (run, files) =
                download_two(combo, &server, Workload::flags, (BODY_LIMIT, LONG_TIMEOUT));
            let case = case("a loop", redirect_to(location), &["too_many_redirects"]);
            case.assert_outcome(&combo.name(), &run, files);
            let requests = server.requests();
            let to_flag = requests.iter().filter(|target| target.starts_with(BR));
            assert_eq!((to_flag.count(), requests.len()), (6, 7));
            assert_eq!(run.stats.redirects, 5);
        });
    }
}

#[test]
fn redirect_to_another_origin_is_not_followed() {
    for location_template in [
        "http://ADDRESS/flags/br/br.gif",
        "//ADDRESS/flags/br/br.gif",
        "http://x@ADDRESS/",
        "http://:x@ADDRESS/",
    ] {
        with_every_combo(|combo| {
            let other = MaliciousServer::honest();
            let location = location_template.replace("ADDRESS", &other.address().to_string());
            let server = MaliciousServer::for_path(BR, redirect_to(&location));
            let (run, files) =
                download_two(combo, &server, Workload::flags, (BODY_LIMIT, LONG_TIMEOUT));
            let case = case("another origin", redirect_to(&location), &["http_302"]);
            case.assert_outcome(&combo.name(), &run, files);
            assert_eq!(other.connections(), 0, "{}", combo.name());
            assert_eq!(server.requests().len(), 2);
        });
    }
}

#[test]
fn invalid_redirect_is_not_followed() {
    for location in [
        "http://[",
        "https://127.0.0.1/",
        "data:image/gif,GIF89a",
        "file:///etc/passwd",
        "\u{1}",
        // Percent-encoding makes 3 bytes of each: more than a path may have.
        &"\"".repeat(3_000),
        &"\"".repeat(30_000),
    ] {
        with_every_combo(|combo| {
            let server = MaliciousServer::for_path(BR, redirect_to(location));
            let (run, files) =
                download_two(combo, &server, Workload::flags, (BODY_LIMIT, LONG_TIMEOUT));
            // A control character in a field value is not HTTP.
            let case = case(
                "no URL",
                redirect_to(location),
                &["http_302", "protocol_error"],
            );
            case.assert_outcome(&combo.name(), &run, files);
            assert_eq!(server.requests().len(), 2, "{location}");
        });
    }
}
