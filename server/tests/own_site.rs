//! A server of own files, which needs no embedded flags: this test runs with `--no-default-features` as well.

use flagpole_server::{BlockingServer, Catalog, Resource, Site};
use std::io::{self, Write as _};
use std::net::TcpStream;

fn get(server: &BlockingServer, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server.addr())?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    io::read_to_string(stream)
}

#[test]
fn own_files_are_served_and_no_others() {
    let flag = Resource::Flag("BR".parse().unwrap());
    let site = Site::new(Catalog::from_files([(flag, "GIF89a".into())]));
    let server = BlockingServer::builder().site(site.into()).start().unwrap();
    assert!(
        get(&server, flag.path())
            .unwrap()
            .ends_with("\r\n\r\nGIF89a")
    );
    assert!(
        get(&server, "/flags/us/us.gif")
            .unwrap()
            .starts_with("HTTP/1.1 404 ")
    );
    let page = get(&server, "/flags/").unwrap();
    assert!(page.contains("<h1>1 flag</h1>"), "{page}");
}

#[cfg(not(feature = "embedded-flags"))]
#[test]
fn server_without_a_site_says_what_to_do() {
    let error = BlockingServer::builder().start().unwrap_err().to_string();
    assert!(error.contains("`embedded-flags`"), "{error}");
}
