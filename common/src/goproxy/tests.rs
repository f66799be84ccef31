//! Cases of `goproxy`.

use super::*;

#[track_caller]
fn check(path: &str, expected: Option<Request>) {
    assert_eq!(parse(path).ok(), expected, "{path}");
}

fn text(text: &str) -> String {
    text.to_owned()
}

// Rules: X3, X4, X5, M11
#[test]
fn every_endpoint_is_read() {
    let module = || text("example.com/Foo");
    check("/example.com/!foo/@v/list", Some(Request::List { module: module() }));
    check("/example.com/%21foo/@latest", Some(Request::Latest { module: module() }));
    check(
        "/example.com/%21foo/@v/v1.0.0-%21r%21c1.info",
        Some(Request::Info { module: module(), query: text("v1.0.0-RC1") }),
    );
    check(
        "/example.com/!foo/@v/v1.0.0.mod",
        Some(Request::Mod { module: module(), version: text("v1.0.0") }),
    );
    check(
        "/example.com/!foo/@v/v1.0.0+x.zip",
        Some(Request::Zip { module: module(), version: text("v1.0.0+x") }),
    );
    // A branch may end in what looks like an extension (X5).
    check(
        "/example.com/!foo/@v/x.zip.info",
        Some(Request::Info { module: module(), query: text("x.zip") }),
    );
    check(
        "/example.com/!foo/@v/a%23b%20c.info",
        Some(Request::Info { module: module(), query: text("a#b c") }),
    );
}

// Rules: X3, X6, M4, M11
#[test]
fn hostile_paths_are_no_requests() {
    for path in [
        "",
        "/",
        "/@latest",
        "/@v/list",
        "/example.com",
        "/example.com/@v",
        "/example.com/@v/",
        "/example.com/@v/x",
        "/example.com/@v/list/",
        "/example.com/@v/a/b.info",
        "/example.com/../@v/list",
        "/example.com/%2e%2e/%2e%2e/etc/@v/list",
        "/example.com/@v/%2e%2e%2fx.info",
        "/example.com/@v/..info",
        "/example.com/@v/.info",
        "/Example.com/@v/list",
        "/example.com/Foo/@v/list",
        "/example.com/!Foo/@v/list",
        "/example.com/foo!/@v/list",
        "//example.com/@v/list",
        "/example.com//x/@v/list",
        "/example.com/%",
        "/example.com/%zz/@v/list",
        "/example.com/%ff/@v/list",
        "/example.com/%252e%252e/@v/list",
        "/example.com/a%00b/@v/list",
        "/example.com/a%0ab/@v/list",
        "example.com/@v/list",
        "/nodot/@v/list",
        "/example.com/x/v1/@v/list",
        "/example.com/@v/v1.0.0.exe",
        "/example.com/@v/V1.0.0.info",
    ] {
        check(path, None);
    }
}

// Rules: X6
#[test]
fn endless_paths_are_no_requests() {
    let path = |length: usize| format!("/example.com/@v/{}.info", "a".repeat(length));
    assert!(parse(&path(1000)).is_ok());
    assert_eq!(parse(&path(2048)), Err(RequestError::TooLong));
}

// Rules: O1, O2, O3
#[test]
fn info_is_written_as_the_go_command_stores_it() {
    let info = Info {
        version: "v1.0.0",
        time: 1_700_000_000,
        url: "https://h.io/r",
        subdir: "",
        commit: ObjectId::from_bytes([0xab; 20]),
        reference: Some("refs/tags/v1.0.0"),
    };
    let hash = "ab".repeat(20);
    assert_eq!(
        info.to_json().unwrap(),
        format!(
            r#"{{"Version":"v1.0.0","Time":"2023-11-14T22:13:20Z","Origin":{{"VCS":"git","URL":"https://h.io/r","Hash":"{hash}","Ref":"refs/tags/v1.0.0"}}}}"#
        )
    );
    let pseudo = Info { subdir: "sub", reference: None, ..info };
    assert!(pseudo.to_json().unwrap().contains(r#""Subdir":"sub","Hash":"#));
    assert!(!pseudo.to_json().unwrap().contains("Ref"));
}

#[test]
fn a_list_has_one_version_a_line() {
    assert_eq!(list(&[]), "");
    assert_eq!(list(&["v1.0.0".to_owned(), "v1.1.0".to_owned()]), "v1.0.0\nv1.1.0\n");
}
