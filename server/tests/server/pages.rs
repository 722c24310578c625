//! The page of flags, its redirects and the index: the delays and faults of flags do not apply to them.

use crate::raw_connection::RawConnection;
use flagpole_server::{BlockingServer, Rule};

const PAGES: [(&str, u16); 4] = [
    ("/", 308),
    ("/flags", 308),
    ("/flags/", 200),
    ("/flags/index.json", 200),
];

fn statuses(server: &BlockingServer) -> Vec<u16> {
    let mut raw = RawConnection::open(server);
    PAGES.map(|(path, _)| raw.get(path).status).into()
}

#[test]
fn root_and_flags_redirect_to_the_page() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = RawConnection::open(&server);
    for path in ["/", "/flags", "/flags?all", "//flags"] {
        let (get, head) = (raw.get(path), raw.request("HEAD", path, ""));
        for response in [&get, &head] {
            assert_eq!(response.status, 308, "{path}");
            assert_eq!(response.headers["location"], "/flags/", "{path}");
        }
        assert!(head.body.is_empty(), "{path}");
    }
    let page = raw.get("/flags/");
    let page = String::from_utf8(page.body).unwrap();
    assert_eq!(page.matches("<img ").count(), 249);
    assert!(page.contains("src=\"/flags/br/br.gif\" alt=\"Flag of Brazil\""));
    let index: serde_json::Value =
        serde_json::from_slice(&raw.get("/flags/index.json").body).unwrap();
    let flags = index["flags"].as_array().unwrap();
    assert_eq!(flags.len(), 249);
    let brazil = flags.iter().find(|flag| flag["iso_cc"] == "BR").unwrap();
    assert_eq!(brazil["metadata"], "/flags/br/metadata.json");
    assert!(brazil["size"].as_u64().unwrap() > 0);
}

#[test]
fn faults_for_flags_strike_no_page() {
    let server = BlockingServer::builder()
        .rule(
            Rule::default()
                .path("/**".parse().unwrap())
                .first(1)
                .fault("404".parse().unwrap()),
        )
        .rule(Rule::default().first(2).fault("503".parse().unwrap()))
        .fault("500".parse().unwrap());
    let server = server.start().unwrap();
    for _ in 0..3 {
        assert_eq!(statuses(&server), PAGES.map(|(_, status)| status));
    }
    let mut raw = RawConnection::open(&server);
    let flag = [(); 3].map(|()| raw.get("/flags/br/br.gif").status);
    assert_eq!(flag, [404, 503, 500]);
    assert_eq!(raw.get("/nowhere").status, 404);
    assert_eq!(raw.get("/nowhere").status, 503);
}

#[test]
fn rule_that_names_a_page_strikes_it() {
    let statuses = |path: &str| {
        let rule = Rule::default()
            .path(path.parse().unwrap())
            .fault("418".parse().unwrap());
        statuses(&BlockingServer::builder().rule(rule).start().unwrap())
    };
    assert_eq!(statuses("/"), [418, 308, 200, 200]);
    assert_eq!(statuses("/flags/"), [308, 308, 418, 200]);
    assert_eq!(statuses("/flags/*.json"), [308, 308, 200, 418]);
    assert_eq!(
        statuses("{/flags,/flags/,/flags/index.json}"),
        [308, 418, 418, 418]
    );
    assert_eq!(statuses("/flags/**"), [308, 308, 200, 200]);
}
