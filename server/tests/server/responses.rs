//! Responses without delays and faults: those of a good static server.

use crate::raw_connection::RawConnection;
use flagpole_fixtures::Catalog;
use flagpole_protocol::ContentDigest;
use flagpole_server::BlockingServer;
use flagpole_server::Site;
use std::sync::Arc;

fn clean() -> BlockingServer {
    BlockingServer::builder().start().unwrap()
}

#[test]
fn every_resource_is_served_with_its_digest() {
    let (server, catalog) = (clean(), Catalog::embedded());
    let mut raw = RawConnection::open(&server);
    for (resource, file) in catalog.iter() {
        let response = raw.get(resource.path());
        assert_eq!(response.status, 200);
        assert_eq!(response.body, file.body[..]);
        assert_eq!(response.headers["content-type"], resource.content_type());
        assert_eq!(
            response.headers["content-digest"],
            ContentDigest::from_body(&file.body).to_string()
        );
    }
}

#[test]
fn clean_response_has_only_standard_fields() {
    let server = clean();
    let response = RawConnection::open(&server).get("/flags/br/br.gif");
    let names: Vec<_> = response.headers.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "accept-ranges",
            "content-digest",
            "content-length",
            "content-type",
            "date",
            "etag"
        ]
    );
}

#[test]
fn head_equals_get_without_body() {
    let server = clean();
    let mut raw = RawConnection::open(&server);
    for path in [
        "/flags/br/br.gif",
        "/flags/br/metadata.json",
        "/flags/",
        "/flags/index.json",
        "/nowhere",
    ] {
        let (mut get, mut head) = (raw.get(path), raw.request("HEAD", path, ""));
        assert_eq!(
            get.headers["content-length"],
            get.body.len().to_string(),
            "{path}"
        );
        get.headers.remove("date");
        head.headers.remove("date");
        assert_eq!(
            (get.status, get.headers),
            (head.status, head.headers),
            "{path}"
        );
    }
}

#[test]
fn unknown_path_is_404_and_other_method_is_405() {
    let server = clean();
    let mut raw = RawConnection::open(&server);
    for path in [
        "/flag",
        "/flags/zz/zz.gif",
        "/flags/BR/BR.gif",
        "/flags/br/../../etc/passwd",
        "/flags%2Fbr/br.gif",
    ] {
        assert_eq!(raw.get(path).status, 404, "{path}");
    }
    for method in ["DELETE", "POST", "PUT", "OPTIONS", "PATCH"] {
        let response = raw.request(method, "/flags/br/br.gif", "Content-Length: 0\r\n");
        assert_eq!(
            (response.status, response.headers["allow"].as_str()),
            (405, "GET, HEAD"),
            "{method}"
        );
    }
}

#[test]
fn equivalent_paths_are_the_same_resource() {
    let server = clean();
    let mut raw = RawConnection::open(&server);
    let flag = raw.get("/flags/br/br.gif").body;
    for path in [
        "/flags/br/../br/br.gif",
        "//flags//br/br.gif",
        "/flags/%62r/%2e/br.gif",
        "http://x/flags/./br/br.gif",
    ] {
        assert_eq!(raw.get(path).body, flag, "{path}");
    }
    assert_eq!(raw.get("/%66lags/").status, 200);
}

#[test]
fn query_is_ignored() {
    let server = clean();
    assert_eq!(
        RawConnection::open(&server)
            .get("/flags/br/br.gif?cache=no")
            .status,
        200
    );
}

#[test]
fn pipelined_responses_are_in_order() {
    let server = BlockingServer::builder()
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\nGET /zz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        [raw.response(true).status, raw.response(true).status],
        [200, 404]
    );
    drop(raw);
    let ledger = server.shutdown(std::time::Duration::from_secs(10));
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (2, 2, 0)
    );
}

#[test]
fn oversized_head_is_431() {
    let server = clean();
    let mut raw = RawConnection::open(&server);
    raw.send("GET / HTTP/1.1\r\n");
    for number in 0..90 {
        raw.send(&format!("X-{number}: {}\r\n", "x".repeat(1000)));
    }
    assert!(raw.head().starts_with("HTTP/1.1 431 "));
}

#[test]
fn site_from_a_folder_replaces_the_built_in_site() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("br")).unwrap();
    std::fs::write(folder.path().join("br/br.gif"), "mine").unwrap();
    let site = Site::new(Catalog::load(folder.path()).unwrap());
    let server = BlockingServer::builder()
        .site(Arc::new(site))
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    for path in ["/flags/br/br.gif", "/flags//b%72/../br/br.gif"] {
        assert_eq!(raw.get(path).body, b"mine", "{path}");
    }
    assert_eq!(raw.get("/flags/us/us.gif").status, 404);
    assert_eq!(raw.get("/flags/br/metadata.json").status, 404);
}
