//! Content negotiation on the wire: gzip for JSON and HTML, to those who ask for it.

use crate::raw_connection::{RawConnection, RawResponse};
use flagpole_protocol::ContentDigest;
use flagpole_server::{BlockingServer, Catalog, Resource, Site};
use flate2::read::GzDecoder;
use std::io::Read as _;

const METADATA: &str = "/flags/br/metadata.json";
const CODED: [&str; 3] = [METADATA, "/flags/", "/flags/index.json"];

fn connect(server: &BlockingServer, asked: &str, path: &str, fields: &str) -> RawResponse {
    let fields = format!("Accept-Encoding: {asked}\r\n{fields}");
    RawConnection::open(server).request("GET", path, &fields)
}

fn decode(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    GzDecoder::new(body).read_to_end(&mut decoded).unwrap();
    decoded
}

/// A server without delay, and one whose responses are deferred.
fn clean_and_delayed() -> [BlockingServer; 2] {
    let delayed = BlockingServer::builder().latency("1ms".parse().unwrap());
    [BlockingServer::builder(), delayed].map(|builder| builder.start().unwrap())
}

#[test]
fn json_and_html_are_sent_in_gzip_to_those_who_ask() {
    for server in clean_and_delayed() {
        for path in CODED {
            let plain = connect(&server, "br, identity", path, "");
            let gzip = connect(&server, "br;q=1, gzip;q=0.8", path, "");
            assert_eq!(gzip.headers["content-encoding"], "gzip", "{path}");
            assert!(!plain.headers.contains_key("content-encoding"), "{path}");
            assert_eq!(decode(&gzip.body), plain.body, "{path}");
            assert!(gzip.body.len() < plain.body.len(), "{path}");
            assert_ne!(gzip.headers["etag"], plain.headers["etag"], "{path}");
            for response in [&gzip, &plain] {
                assert_eq!(response.headers["vary"], "accept-encoding", "{path}");
                let digest = ContentDigest::from_body(&response.body).to_string();
                assert_eq!(response.headers["content-digest"], digest, "{path}");
                let length = response.body.len().to_string();
                assert_eq!(response.headers["content-length"], length, "{path}");
            }
        }
    }
}

#[test]
fn flags_and_errors_are_never_coded_and_do_not_vary() {
    let server = BlockingServer::builder().start().unwrap();
    for path in ["/flags/br/br.gif", "/nowhere", "/flags"] {
        let fields = connect(&server, "gzip, *", path, "").headers;
        for name in ["content-encoding", "vary"] {
            assert!(!fields.contains_key(name), "{path}: {name}");
        }
    }
}

#[test]
fn a_client_that_accepts_neither_coding_gets_the_plain_body() {
    let server = BlockingServer::builder().start().unwrap();
    let plain = RawConnection::open(&server).get(METADATA);
    for asked in ["identity;q=0", "*;q=0", "gzip;q=0, identity;q=0"] {
        let response = connect(&server, asked, METADATA, "");
        assert_eq!((response.status, &response.body), (200, &plain.body));
    }
}

#[test]
fn preconditions_and_ranges_are_about_the_selected_representation() {
    for server in clean_and_delayed() {
        for path in CODED {
            let full = connect(&server, "gzip", path, "");
            let (gzip, length) = (&full.headers["etag"], full.body.len());
            let plain = &RawConnection::open(&server).get(path).headers["etag"];
            let conditional = |asked, tag| {
                let fields = format!("If-None-Match: {tag}\r\n");
                connect(&server, asked, path, &fields)
            };
            for (asked, tag, status) in [
                ("gzip", gzip, 304),
                ("gzip", plain, 200),
                ("identity", gzip, 200),
                ("identity", plain, 304),
            ] {
                let response = conditional(asked, tag);
                assert_eq!(response.status, status, "{path}: {asked}");
                assert_eq!(response.headers["vary"], "accept-encoding", "{path}");
            }
            let fields = format!("Range: bytes=10-\r\nIf-Range: {plain}\r\n");
            assert_eq!(connect(&server, "gzip", path, &fields).status, 200);
            let part = connect(&server, "gzip", path, "Range: bytes=10-\r\n");
            assert_eq!((part.status, &part.body[..]), (206, &full.body[10..]));
            assert_eq!(part.headers["content-encoding"], "gzip");
            assert_eq!(part.headers["vary"], "accept-encoding");
            let range = format!("bytes 10-{}/{length}", length - 1);
            assert_eq!(part.headers["content-range"], range);
            let digest = ContentDigest::from_body(&full.body).to_string();
            assert_eq!(part.headers["repr-digest"], digest);
        }
    }
}

#[test]
fn head_has_the_fields_of_the_selected_representation() {
    let server = BlockingServer::builder().start().unwrap();
    for asked in ["gzip", "identity"] {
        let fields = format!("Accept-Encoding: {asked}\r\n");
        let mut raw = RawConnection::open(&server);
        let get = raw.request("GET", METADATA, &fields);
        let head = raw.request("HEAD", METADATA, &fields);
        for name in ["etag", "content-length", "vary", "last-modified"] {
            assert_eq!(head.headers[name], get.headers[name], "{asked}: {name}");
        }
        assert_eq!(head.headers["repr-digest"], get.headers["content-digest"]);
        let coding = |response: &RawResponse| response.headers.get("content-encoding").cloned();
        assert_eq!(coding(&head), coding(&get), "{asked}");
    }
}

#[test]
fn metadata_of_a_folder_is_coded_only_if_that_is_smaller() {
    let code = "BR".parse().unwrap();
    for (metadata, coding) in [("{}", None), (&" ".repeat(999)[..], Some("gzip"))] {
        let files = [
            (Resource::Flag(code), "GIF".into()),
            (Resource::Metadata(code), metadata.to_owned().into()),
        ];
        let site = Site::new(Catalog::from_files(files));
        let server = BlockingServer::builder().site(site.into());
        let server = server.start().unwrap();
        let response = connect(&server, "gzip", METADATA, "");
        let sent = response.headers.get("content-encoding");
        assert_eq!(sent.map(String::as_str), coding, "{metadata}");
        assert_eq!(response.headers.contains_key("vary"), coding.is_some());
    }
}
