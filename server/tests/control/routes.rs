//! Which requests are answered by which operation.

use crate::call::Fixture;
use flagpole_protocol::ControlOperation;
use std::time::Duration;

#[test]
fn every_operation_is_listed_and_answers() {
    let fixture = Fixture::clean();
    let list = fixture.get("/").body;
    for operation in ControlOperation::ALL {
        let (method, path) = (operation.method(), operation.path());
        assert!(list.contains(&format!("{method:<6} {path} ")), "{list}");
        let status = fixture.call(method.as_str(), path, "", "").status;
        assert!(
            ![404, 405, 501].contains(&status),
            "{method} {path}: {status}"
        );
    }
}

#[test]
fn head_works_where_get_does() {
    let fixture = Fixture::clean();
    for operation in ControlOperation::ALL {
        let status = fixture.call("HEAD", operation.path(), "", "").status;
        let has_get = ControlOperation::ALL
            .iter()
            .any(|other| other.path() == operation.path() && other.method() == "GET");
        assert_eq!(status, if has_get { 200 } else { 405 }, "{operation:?}");
    }
    let head = fixture.call("HEAD", "/profile", "", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.field("etag"), fixture.get("/profile").field("etag"));
}

#[test]
fn unknown_paths_and_methods_are_problems() {
    let fixture = Fixture::clean();
    let answer = fixture.get("/profil");
    assert_eq!(
        answer.problem(),
        (
            404,
            "unknown path `/profil`; did you mean `/profile`?".to_owned()
        )
    );
    let (_, sentence) = fixture.get("/zzzzzzzz").problem();
    assert_eq!(sentence.matches("/profile").count(), 1, "{sentence}");
    let answer = fixture.call("DELETE", "/profile", "", "");
    assert_eq!(answer.problem().0, 405);
    assert_eq!(answer.field("allow"), Some("GET,HEAD,PUT,PATCH"));
    let answer = fixture.call("OPTIONS", "/reset", "", "");
    assert_eq!((answer.status, answer.field("allow")), (405, Some("POST")));
    assert!(
        !answer.head.to_lowercase().contains("access-control"),
        "{answer:?}"
    );
}

#[test]
fn control_plane_is_healthy_and_ready_until_the_server_stops() {
    let mut fixture = Fixture::clean();
    assert_eq!(fixture.get("/healthz").status, 200);
    assert_eq!(fixture.get("/readyz").status, 200);
    fixture.servers.remove(0).shutdown(Duration::ZERO);
    assert_eq!(fixture.get("/healthz").status, 200);
    assert_eq!(fixture.get("/readyz").problem().0, 503);
}
