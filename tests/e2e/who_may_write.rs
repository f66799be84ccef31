//! Who may write: the socket, and what other Unix users can and cannot do with it.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Child;

use modgate_tests::programs;
use modgate_tests::repository::Repository;
use modgate_tests::run::{Done, Run};
use modgate_tests::site::Site;
use modgate_tests::sources::workspace;
use modgate_tests::users::{User, split};
use serde_json::{Value, json};

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";
const SECRET: &str = "git.example.com/acme/secret";

/// A child that is killed when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

fn socket(site: &Site) -> PathBuf {
    site.state().join("run/modgate.sock")
}

/// A user of the machine who has no rights here.
pub(crate) fn stranger() -> User {
    Site::nobody()
}

pub(crate) fn pusher(site: &Site) -> User {
    site.actors().pusher.clone().expect("inside of split")
}

/// The program that speaks on sockets, where every user can run it.
fn peer(site: &Site, user: &User, words: &[&str]) -> Run {
    let copy = site.path("socket-peer");
    if !copy.exists() {
        fs::copy(programs::built("socket-peer"), &copy).expect("there is room for the program");
    }
    Run::by(Some(user), copy).args(words).dir(&site.path(""))
}

/// What the daemon answers this user: status, and the body as JSON.
fn ask(site: &Site, user: &User, target: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let done = send(site, user, request.into_bytes());
    let text = done.text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {done}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), serde_json::from_str(body).expect("answers are JSON"))
}

fn send(site: &Site, user: &User, request: Vec<u8>) -> Done {
    let socket = socket(site).to_string_lossy().into_owned();
    peer(site, user, &["ask", &socket]).stdin(request).finish()
}

/// Starts it and waits for its word.
fn start(run: Run) -> Running {
    let mut child = run.spawn();
    let out = child.stdout.take().expect("it is piped");
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("it can be read");
    assert_eq!(line, "ready\n");
    running
}

/// What a hook would propose; the fields that `with` has are others.
fn proposal(lib: &Repository<'_>, module: &str, version: &str, with: &Value) -> Value {
    let commit = lib.head();
    let tree = lib.git(&["rev-parse", "HEAD^{tree}"]).line();
    let mut entry = json!({
        "module": module, "version": version, "state": "pending", "repository": "acme/lib", "tag": version,
        "commit": commit, "tree": tree, "h1": null, "gomod_h1": null, "time": "2023-01-01T00:00:00Z",
        "pusher": "somebody", "how": "pushed", "reason": null
    });
    for (name, value) in with.as_object().expect("fields") {
        entry[name] = value.clone();
    }
    json!({"target": commit, "entry": entry})
}

/// A repository that only its group may look into.
fn close(repository: &Repository<'_>) {
    fs::set_permissions(repository.bare(), Permissions::from_mode(0o2770)).expect("root may");
}

/// What each request answers a stranger and the pusher. The socket is open to everyone, so each has its row.
fn rows(lib: &Repository<'_>) -> Vec<(&'static str, Value, [u16; 2])> {
    let question = json!({"repository": "acme/lib", "tags": [], "versions": [[SECRET, "v1.0.0"]], "modules": []});
    let decision = json!({
        "module": MODULE, "version": "v1.0.0", "verb": "withdraw", "by": "x", "time": "2023-01-01T00:00:00Z", "reason": "x"
    });
    vec![
        ("/v1/testify", question, [403, 200]),
        (
            "/v1/propose",
            json!({"repository": "acme/lib", "proposals": [proposal(lib, MODULE, "v1.5.0", &json!({}))]}),
            [403, 200],
        ),
        ("/v1/received", json!({"repository": "acme/lib", "tags": []}), [403, 200]),
        ("/v1/refused", json!({"repository": "acme/lib", "versions": []}), [403, 200]),
        ("/v1/status", Value::Null, [200, 200]),
        ("/v1/entries", json!({"module": null, "version": null}), [200, 200]),
        ("/v1/decide", decision, [403, 403]),
        ("/v1/decisions", json!({"module": MODULE, "version": null}), [200, 200]),
        ("/v1/drifts", json!({"module": null, "version": null}), [200, 200]),
        ("/v1/compact", json!({"by": "x", "reason": "x"}), [403, 403]),
        ("/v1/import", json!({"versions": [], "by": "x", "reason": "x"}), [403, 403]),
        ("/v1/page", json!({"after": null}), [403, 403]),
    ]
}

#[test]
fn every_request_of_the_socket_is_decided_by_who_asks() {
    split(|| {
        let site = Site::new();
        let (lib, secret) = (site.repository("acme/lib"), site.repository("acme/secret"));
        let _daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        secret.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        close(&lib);
        let rows = rows(&lib);
        for (target, body, expected) in &rows {
            let [stranger, pusher] =
                [stranger(), pusher(&site)].map(|user| ask(&site, &user, target, body));
            assert_eq!([stranger.0, pusher.0], *expected, "{target}: {stranger:?} {pusher:?}");
        }
        let source = fs::read_to_string(workspace().join("common/src/control.rs"));
        let source = source.expect("sources are readable");
        let paths = source.split('"').filter(|text| text.starts_with("/v1/"));
        let missing: Vec<_> = paths.filter(|path| rows.iter().all(|row| row.0 != *path)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "requests without a row");
    });
}

#[test]
fn whoever_cannot_read_a_repository_does_not_see_its_versions_in_the_ledger() {
    split(|| {
        let site = Site::new();
        let (lib, secret) = (site.repository("acme/lib"), site.repository("acme/secret"));
        let _daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        secret.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let withdraw = ["ledger", "withdraw", SECRET, "v1.0.0", "--reason", "leaks a key"];
        site.modgate(&withdraw).finish().ok();
        close(&secret);
        let seen = |user: &User| {
            let (_, entries) = ask(&site, user, "/v1/entries", &json!({}));
            let (_, decisions) = ask(&site, user, "/v1/decisions", &json!({"module": SECRET}));
            let modules = entries
                .as_array()
                .expect("a list")
                .iter()
                .map(|e| e["module"].as_str().map(str::to_owned));
            let modules: Vec<_> = modules.map(Option::unwrap_or_default).collect();
            (modules, decisions.as_array().map(Vec::len))
        };
        assert_eq!(seen(&stranger()), (vec![MODULE.to_owned()], Some(0)));
        assert_eq!(seen(&pusher(&site)), (vec![MODULE.to_owned(), SECRET.to_owned()], Some(1)));
    });
}

#[test]
fn forged_proposals_record_nothing_that_is_not_true() {
    split(|| {
        let site = Site::new();
        let (lib, other) = (site.repository("acme/lib"), site.repository("acme/other"));
        let daemon = gate(&site);
        lib.release("v1.0.0").push_main();
        other.release("v1.0.0").push_main();
        // The other repository is root's alone.
        let chown = Run::new("chown").args(["-R", "root:root"]).arg(other.bare());
        chown.finish().ok();
        let user = pusher(&site);
        let propose = |repository: &str, proposal: Value| {
            let body = json!({"repository": repository, "proposals": [proposal]});
            ask(&site, &user, "/v1/propose", &body).0
        };
        for (with, why) in [
            (json!({"repository": "acme/other"}), "another repository"),
            (json!({"module": "git.example.com/acme/other"}), "a module of another repository"),
            (
                json!({"module": "git.example.com/acme/lib/v2"}),
                "a module that the tag does not name",
            ),
            (json!({"version": "v1.0.1"}), "a version that the tag does not name"),
            (json!({"how": "adopted"}), "what only the daemon can know"),
            (json!({"how": "served"}), "what only the daemon can know"),
        ] {
            assert_eq!(propose("acme/lib", proposal(&lib, MODULE, "v1.0.0", &with)), 400, "{why}");
        }
        let of_other = json!({"module": "git.example.com/acme/other", "repository": "acme/other"});
        assert_eq!(propose("acme/other", proposal(&lib, MODULE, "v1.0.0", &of_other)), 403);
        for name in ["acme/none", "../root/acme/lib", "", "/acme", "acme"] {
            assert_eq!(
                propose(name, proposal(&lib, MODULE, "v1.0.0", &json!({}))),
                400,
                "{name:?}"
            );
        }
        // A hash and a state of one's own are not believed.
        let lies = json!({"h1": "h1:AAAA", "gomod_h1": "h1:BBBB", "state": "accepted", "time": "9999-01-01T00:00:00Z"});
        assert_eq!(propose("acme/lib", proposal(&lib, MODULE, "v1.0.0", &lies)), 200);
        assert_eq!(site.ledger(), Vec::<Value>::new());
        assert_eq!(daemon.list(MODULE), Vec::<String>::new());
        let receipt = lib.push(&["v1.0.0"]).accepted().receipt();
        let entry = site.entry(MODULE, "v1.0.0");
        assert_eq!(entry["h1"], receipt.h1.as_str());
        assert_ne!(receipt.h1, "h1:AAAA");
        assert!(entry["time"].as_str().is_some_and(|time| time < "9000"), "{entry}");
    });
}

#[test]
fn forged_word_of_a_push_accepts_nothing_that_was_not_judged() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push_main();
        let user = pusher(&site);
        let received = |tag: &str| {
            let body = json!({"repository": "acme/lib", "tags": [[tag, lib.head()]]});
            ask(&site, &user, "/v1/received", &body)
        };
        // There is no such tag.
        assert_eq!(received("v1.0.0"), (200, json!({"own": [], "taken": []})));
        assert_eq!(site.ledger(), Vec::<Value>::new());
        // There is one, made without a push, that no consumer could use: it is judged all the same.
        lib.write("go.mod", "module git.example.com/elsewhere\n").commit("wrong path");
        lib.push_main();
        lib.server(&["tag", "v1.1.0", "main"]);
        assert_eq!(received("v1.1.0").0, 200);
        assert_eq!(site.entry(MODULE, "v1.1.0")["state"], "broken");
        assert_eq!(daemon.list(MODULE), Vec::<String>::new());
        daemon.get(&format!("/{MODULE}/@v/v1.1.0.info")).has_status(404);
    });
}

#[test]
fn socket_of_somebody_else_is_believed_nothing() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        gate(&site).stop();
        lib.release("v1.0.0").push_main();
        // Nobody but the ledger's user can put one there.
        let path = socket(&site).to_string_lossy().into_owned();
        for user in [stranger(), pusher(&site)] {
            let squat = peer(&site, &user, &["squat", &format!("{path}.x")]).finish();
            assert!(squat.exits(1).errors().contains("Permission denied"));
        }
        // Should one be there all the same, it is asked who it is.
        let nest = site.path("nest");
        fs::create_dir(&nest).expect("the site's folder is writable");
        stranger().own(&nest);
        let fake = nest.join("sock");
        let _squatter = start(peer(&site, &stranger(), &["squat", &fake.to_string_lossy()]));
        fs::set_permissions(&fake, Permissions::from_mode(0o666)).expect("root may");
        fs::rename(&fake, socket(&site)).expect("root may");
        let user = stranger().uid;
        let push = lib.push(&["v1.0.0"]).refused().says("is not the daemon's");
        push.says(&format!("user {user} listens there")).says("not your fault");
        assert!(!lib.server_has("v1.0.0"));
        // The next daemon takes the place back.
        let _daemon = site.serve();
        lib.push(&["v1.0.0"]).accepted().receipt();
    });
}

#[test]
fn requests_that_are_none_and_thousands_of_connections_keep_nobody_from_pushing() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push_main();
        let path = socket(&site).to_string_lossy().into_owned();
        let user = stranger();
        let held: Vec<_> =
            (0..3).map(|_| start(peer(&site, &user, &["hold", &path, "400"]))).collect();
        let head = |length: usize| {
            format!("POST /v1/propose HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
                .into_bytes()
        };
        for (request, status) in [
            (b"\x00\x01\x02 what?\r\n\r\n".to_vec(), "400"),
            (b"GET\r\n\r\n".to_vec(), "400"),
            ([b"GET /".to_vec(), vec![b'a'; 1 << 20], b" HTTP/1.1\r\n\r\n".to_vec()].concat(), "4"),
            ([head(17 << 20), vec![b' '; 17 << 20]].concat(), "400"),
            ([head(6), b"[[[[[[".to_vec()].concat(), "400"),
            ([head(200_000), vec![b'['; 200_000]].concat(), "400"),
            ([head(4), b"nope".to_vec()].concat(), "400"),
        ] {
            // As the pusher: the stranger has too many connections to be heard at all.
            let answer = send(&site, &pusher(&site), request.clone()).text();
            let found = answer.strip_prefix("HTTP/1.1 ").unwrap_or_default();
            let start = String::from_utf8_lossy(&request[..request.len().min(40)]).into_owned();
            assert!(found.starts_with(status), "{start:?}: {answer:?}");
        }
        lib.push(&["v1.0.0"]).accepted().receipt();
        assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
        drop(held);
        assert_eq!(ask(&site, &pusher(&site), "/v1/status", &Value::Null).0, 200);
    });
}

#[test]
fn way_to_a_repository_that_a_user_cannot_go_gives_no_rights_at_it() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let _daemon = gate(&site);
        lib.release("v1.0.0").push_main();
        // Its refs are open to all, behind a door that is not.
        let chmod = |mode: &str, path: &Path| {
            drop(Run::new("chmod").args(["-R", mode]).arg(path).finish().ok())
        };
        chmod("o+w", lib.bare());
        let body = json!({"repository": "acme/lib", "tags": []});
        assert_eq!(ask(&site, &stranger(), "/v1/received", &body).0, 200);
        fs::set_permissions(site.root().join("acme"), Permissions::from_mode(0o2770))
            .expect("root may");
        assert_eq!(ask(&site, &stranger(), "/v1/received", &body).0, 403);
        assert_eq!(ask(&site, &pusher(&site), "/v1/received", &body).0, 200);
    });
}

#[test]
fn link_to_a_repository_is_no_repository_of_its_own() {
    split(|| {
        let site = Site::new();
        let secret = site.repository("acme/secret");
        let daemon = gate(&site);
        secret.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let link = site.root().join("acme/mine.git");
        symlink(secret.bare(), &link).expect("root may");
        let body = json!({"repository": "acme/mine", "tags": [["v1.0.0", secret.head()]]});
        assert_eq!(ask(&site, &pusher(&site), "/v1/received", &body).0, 400);
        daemon.get("/git.example.com/acme/mine/@v/v1.0.0.info").has_status(404);
        // A push along the link is one to the repository that it leads to.
        secret.release("v1.1.0").git(&["push", &link.to_string_lossy(), "v1.1.0"]);
        assert_eq!(site.entry(SECRET, "v1.1.0")["repository"], "acme/secret");
    });
}
