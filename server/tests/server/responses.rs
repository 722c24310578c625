//! Responses without delays and faults: those of a good static server.

use crate::raw_connection::RawConnection;
use flagpole_fixtures::Catalog;
use flagpole_protocol::{ContentDigest, Resource};
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
            "etag",
            "last-modified"
        ]
    );
}

/// The date of the embedded files is a constant, so that two servers have the same one; pages have none.
#[test]
fn flags_and_metadata_have_a_date_and_pages_none() {
    let server = clean();
    let mut raw = RawConnection::open(&server);
    for path in ["/flags/br/br.gif", "/flags/br/metadata.json"] {
        let date = &raw.get(path).headers["last-modified"];
        assert_eq!(date, "Sun, 22 Nov 2026 20:02:09 GMT", "{path}");
    }
    for path in ["/flags/", "/flags/index.json", "/nowhere"] {
        assert!(
            !raw.get(path).headers.contains_key("last-modified"),
            "{path}"
        );
    }
}

#[test]
fn cache_control_is_sent_with_representations_alone() {
    let value = "public, max-age=60";
    for latency in ["0", "1ms"] {
        let builder = BlockingServer::builder().cache_control(value.parse().unwrap());
        let server = builder.latency(latency.parse().unwrap()).start().unwrap();
        let mut raw = RawConnection::open(&server);
        for (path, fields, status) in [
            ("/flags/br/br.gif", "", 200),
            ("/flags/br/br.gif", "Range: bytes=1-2\r\n", 206),
            ("/flags/br/br.gif", "Range: bytes=1-2,5-6\r\n", 206),
            ("/flags/br/br.gif", "If-None-Match: *\r\n", 304),
            ("/flags/br/metadata.json", "Accept-Encoding: gzip\r\n", 200),
            ("/flags/", "", 200),
            ("/flags/index.json", "", 200),
        ] {
            let response = raw.request("GET", path, fields);
            assert_eq!(response.status, status, "{path} {fields}");
            assert_eq!(response.headers["cache-control"], value, "{path} {fields}");
        }
        for (path, fields, status) in [
            ("/flags/br/br.gif", "If-Match: \"x\"\r\n", 412),
            ("/flags/br/br.gif", "Range: bytes=99999-\r\n", 416),
            ("/nowhere", "", 404),
            ("/flags", "", 308),
        ] {
            let response = raw.request("GET", path, fields);
            assert_eq!(response.status, status, "{path} {fields}");
            assert!(!response.headers.contains_key("cache-control"), "{path}");
        }
    }
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
        // RFC 9530 appendix B.2: `Content-Digest` would be that of no content.
        let digest = get.headers.remove("content-digest");
        assert_eq!(head.headers.remove("repr-digest"), digest, "{path}");
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
    let path = folder.path().join("br/br.gif");
    std::fs::write(&path, "mine").unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let modified = std::time::UNIX_EPOCH + std::time::Duration::from_secs(784_111_777);
    file.set_modified(modified).unwrap();
    let site = Site::new(Catalog::load(folder.path()).unwrap());
    let server = BlockingServer::builder()
        .site(Arc::new(site))
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    for path in ["/flags/br/br.gif", "/flags//b%72/../br/br.gif"] {
        let flag = raw.get(path);
        assert_eq!(flag.body, b"mine", "{path}");
        let date = &flag.headers["last-modified"];
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT", "{path}");
    }
    assert_eq!(raw.get("/flags/us/us.gif").status, 404);
    assert_eq!(raw.get("/flags/br/metadata.json").status, 404);
}

#[test]
fn an_empty_body_has_the_length_0_to_get_and_head() {
    let flag = Resource::Flag("BR".parse().unwrap());
    let site = Site::new(Catalog::from_files([(flag, "".into())]));
    let server = BlockingServer::builder().site(site.into());
    let server = server.start().unwrap();
    let mut raw = RawConnection::open(&server);
    for (fault, length) in [
        ("none", Some("0")),
        ("503,body=\"\"", Some("0")),
        ("503,body=\"\",reason=Gone Fishing", Some("0")),
        ("205", Some("0")),
        ("204", None),
    ] {
        for method in ["GET", "HEAD"] {
            let fields = format!("Flagpole-Fault: {fault}\r\n");
            let response = raw.request(method, flag.path(), &fields);
            let found = response.headers.get("content-length");
            assert_eq!(found.map(String::as_str), length, "{method} {fault}");
        }
    }
}
