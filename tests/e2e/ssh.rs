//! A push over a real ssh server, as a host with accounts runs it.

use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::sshd::Sshd;
use modgate_tests::users::split;

use crate::push_rules::gate;

#[track_caller]
fn push(site: &Site, server: &Sshd, lib: &Repository<'_>, refs: &[&str]) -> Push {
    let run = site.git(lib.work()).env("GIT_SSH_COMMAND", server.command());
    run.arg("push").arg(server.url(lib.bare())).args(refs).finish().into()
}

#[test]
fn pushes_over_ssh_are_judged_recorded_and_served() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("team/lib");
        let daemon = gate(&site);
        let server = Sshd::start(&site);
        lib.module_at("", "git.example.com/team/other").commit("wrong path");
        push(&site, &server, &lib, &["main"]).accepted().silent();
        lib.tag("v1.0.0");
        push(&site, &server, &lib, &["v1.0.0"])
            .refused()
            .says("module-path-mismatch")
            .says("git tag -d v1.0.0");
        assert!(!lib.server_has("v1.0.0"));
        lib.release("v1.0.0").tag("1.1.0");
        push(&site, &server, &lib, &["1.1.0"]).accepted().says("tag-missing-v");
        let receipt = push(&site, &server, &lib, &["main", "v1.0.0"]).accepted().receipt();
        assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
        let go = Go::through(&site, "go-modgate", &daemon.url());
        assert_eq!(go.fetch(&lib.module(), "v1.0.0").sum, receipt.h1);
        assert_eq!(site.entry(&lib.module(), "v1.0.0")["pusher"], "alice");
        lib.release("v1.0.0").write("other.txt", "other").commit("other");
        lib.tag("v1.0.0");
        push(&site, &server, &lib, &["--force", "v1.0.0"]).refused().says("tag-moved");
        push(&site, &server, &lib, &[":refs/tags/v1.0.0"]).refused().says("tag-deleted");
    });
}
