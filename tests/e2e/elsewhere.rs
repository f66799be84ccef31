//! Tags that are no releases of this host: forks, mirrors and imports, pushed for real, from files and over ssh.
//!
//! Two things hold in every story: nothing is refused that is not this host's release, and nothing broken is served.

use std::fmt::Write as _;

use modgate_tests::budget;
use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::sshd::Sshd;
use modgate_tests::users::split;
use modgate_tests::wait;

use crate::push_rules::gate;

const FORK: &str = "git.example.com/fork/lib";

/// A host, and how its pushers come in.
struct Host<'a> {
    site: &'a Site,
    server: Option<Sshd>,
}

impl Host<'_> {
    /// Tells a story twice: from files as one user, over ssh as two.
    fn tell(story: fn(&Host<'_>)) {
        story(&Host { site: &Site::new(), server: None });
        split(|| {
            let site = Site::new();
            let server = Some(Sshd::start(&site));
            story(&Host { site: &site, server });
        });
    }

    #[track_caller]
    fn push(&self, lib: &Repository<'_>, args: &[&str]) -> Push {
        let run = self.site.git(lib.work());
        let (run, url) = match &self.server {
            Some(server) => {
                // The server's side of git has settings of its own.
                lib.server(&["config", "receive.advertisePushOptions", "true"]);
                (run.env("GIT_SSH_COMMAND", server.command()), server.url(lib.bare()))
            }
            None => (run, lib.bare().display().to_string()),
        };
        let (options, refs): (Vec<&str>, Vec<&str>) = args.iter().partition(|a| a.starts_with('-'));
        run.arg("push").args(options).arg(url).args(refs).finish().into()
    }
}

/// Everything that the daemon lists, the go command can load; what it does not list is not served.
#[track_caller]
fn check_served(site: &Site, daemon: &Daemon, module: &str, served: &[&str], broken: &[&str]) {
    assert_eq!(daemon.list(module), served, "{module}");
    let go = Go::through(site, &format!("go-{}", module.replace('/', "-")), &daemon.url());
    for version in served {
        go.fetch(module, version);
    }
    for version in broken {
        let answer = go.download(module, &[version]).remove(0);
        assert_ne!(answer.error, "", "{module}@{version} is broken and served");
    }
}

/// Takes the history of another repository over, with all its tags.
#[track_caller]
fn fork(origin: &Repository<'_>, fork: &Repository<'_>) {
    let origin = origin.work().to_string_lossy().into_owned();
    fork.git(&["fetch", "--quiet", "--tags", &origin, "main"]);
    fork.git(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
}

/// An old repository: no go.mod at first, a tag without v, a v2 without its suffix, a directory that moved.
#[track_caller]
fn old_history(lib: &Repository<'_>) {
    lib.write("code.go", "package code\n").commit("before modules");
    lib.tag("v0.1.0").tag("0.2.0").tag("v0.2");
    lib.module_at("", &lib.module()).commit("a module");
    lib.tag("v1.0.0").tag("1.1.0");
    lib.write("more.go", "package code\n").commit("a major without its suffix");
    lib.tag("v2.0.0").annotate("v2.1.0");
    lib.module_at("tools", &format!("{}/tools", lib.module())).commit("tools");
    lib.tag("tools/v0.1.0").tag("v1.1.0");
    lib.git(&["mv", "tools", "cmd"]);
    lib.commit("tools moved");
    lib.tag("tools/v0.2.0").tag("v1.2.0");
}

#[test]
fn fork_with_all_tags_of_its_origin_is_let_in_and_serves_nothing_of_them() {
    Host::tell(|host| {
        let site = host.site;
        let (lib, copy) = (site.repository("acme/lib"), site.repository("fork/lib"));
        let second = site.repository("fork/again");
        let daemon = gate(site);
        lib.release("v1.0.0").release("v1.1.0").tag("v2.0.0");
        // The origin has a tag that nobody can use: it came in with an import.
        host.push(&lib, &["-omodgate.import", "main", "--tags"]).accepted();
        fork(&lib, &copy);
        let said = host.push(&copy, &["main", "--tags"]).accepted();
        let said = said.says("ignored: tag v1.0.0").says("the same for v1.1.0, v2.0.0");
        assert_eq!(said.receipts(), []);
        check_served(site, &daemon, FORK, &[], &["v1.0.0", "v2.0.0"]);
        check_served(site, &daemon, &lib.module(), &["v1.0.0", "v1.1.0"], &["v2.0.0"]);
        // A fork of the fork is one of the origin.
        fork(&copy, &second);
        host.push(&second, &["--mirror"]).accepted().says("acme/lib");
        check_served(site, &daemon, "git.example.com/fork/again", &[], &["v1.1.0"]);
        // Its own tags are its own releases, and must say so in go.mod.
        copy.write("own.txt", "own").commit("own");
        copy.tag("v1.2.0");
        host.push(&copy, &["main", "v1.2.0"])
            .refused()
            .says("module-path-mismatch")
            .says("a fork of \"acme/lib\"? push the tag there first");
        copy.git(&["tag", "-d", "v1.2.0"]);
        copy.module_at("", FORK).commit("the fork's own path");
        copy.tag("v1.2.0");
        host.push(&copy, &["main", "--tags"]).accepted().receipt();
        check_served(site, &daemon, FORK, &["v1.2.0"], &["v1.1.0"]);
    });
}

#[test]
fn fork_before_its_origin_is_told_the_way_and_let_in_after_it() {
    Host::tell(|host| {
        let site = host.site;
        let (lib, copy) = (site.repository("acme/lib"), site.repository("fork/lib"));
        let daemon = gate(site);
        lib.release("v1.0.0");
        fork(&lib, &copy);
        host.push(&copy, &["main", "v1.0.0"]).refused().says("module-path-mismatch");
        host.push(&copy, &["main"]).accepted();
        host.push(&lib, &["main", "v1.0.0"]).accepted().receipt();
        host.push(&copy, &["v1.0.0"]).accepted().says("ignored");
        check_served(site, &daemon, FORK, &[], &["v1.0.0"]);
        check_served(site, &daemon, &lib.module(), &["v1.0.0"], &[]);
    });
}

#[test]
fn copy_of_a_module_of_another_host_is_told_the_ways() {
    Host::tell(|host| {
        let site = host.site;
        site.configure("[[policy.repository]]\nmatch = \"mirrors/*\"\nkind = \"mirror\"\n");
        let (copy, mirror) = (site.repository("fork/lib"), site.repository("mirrors/lib"));
        let daemon = gate(site);
        copy.module_at("", "example.org/x/y").commit("vendored");
        copy.tag("v1.0.0").tag("v1.1.0");
        host.push(&copy, &["main", "--tags"])
            .refused()
            .says("kind = \"mirror\"")
            .says("git push -o modgate.import origin --tags");
        host.push(&copy, &["-omodgate.import", "main", "--tags"]).accepted().says("not served");
        check_served(site, &daemon, FORK, &[], &["v1.0.0", "v1.1.0"]);
        fork(&copy, &mirror);
        host.push(&mirror, &["main", "--tags"]).accepted().silent();
        check_served(site, &daemon, "git.example.com/mirrors/lib", &[], &["v1.0.0"]);
    });
}

#[test]
fn mirror_may_do_what_it_likes_and_serves_nothing() {
    Host::tell(|host| {
        let site = host.site;
        site.configure("[[policy.repository]]\nmatch = \"mirrors/*\"\nkind = \"mirror\"\n");
        let (lib, mirror) = (site.repository("acme/lib"), site.repository("mirrors/lib"));
        let behind = site.repository("mirrors/behind");
        let daemon = gate(site);
        old_history(&lib);
        fork(&lib, &mirror);
        host.push(&mirror, &["--mirror"]).accepted().silent();
        // Moved and deleted tags are the origin's business.
        mirror.tag("v1.0.0").git(&["tag", "-d", "v2.0.0"]);
        host.push(&mirror, &["--mirror"]).accepted().silent();
        assert!(!mirror.server_has("v2.0.0") && mirror.server_has("v1.0.0"));
        // Behind our back: the host fetches.
        let origin = mirror.bare().to_string_lossy().into_owned();
        behind.server(&["fetch", "--quiet", &origin, "+refs/*:refs/*"]);
        for module in ["git.example.com/mirrors/lib", "git.example.com/mirrors/behind"] {
            check_served(site, &daemon, module, &[], &["v0.1.0", "v1.0.0", "v1.2.0"]);
        }
        assert_eq!(site.ledger(), Vec::<serde_json::Value>::new());
    });
}

#[test]
fn what_is_fetched_behind_our_back_is_adopted_and_serves_nothing_broken() {
    let site = Site::new();
    let (lib, behind) = (site.repository("acme/lib"), site.repository("acme/behind"));
    let daemon = gate(&site);
    old_history(&lib);
    behind.module_at("", &behind.module()).commit("own");
    behind.tag("v3.0.0");
    behind.tag("v1.5.0");
    let (origin, own) = (lib.work().display().to_string(), behind.work().display().to_string());
    behind.server(&["fetch", "--quiet", &origin, "+refs/tags/*:refs/tags/*"]);
    behind.server(&["fetch", "--quiet", &own, "+refs/*:refs/*"]);
    daemon.wait_for(wait::SOON, &behind.module(), "v1.5.0");
    // Without a go.mod any path will do; the others declare that of the origin.
    let broken = ["v1.0.0", "v1.1.0", "v1.2.0"];
    check_served(&site, &daemon, &behind.module(), &["v0.1.0", "v1.5.0"], &broken);
}

#[test]
fn history_is_imported_by_option_until_there_is_a_release() {
    Host::tell(|host| {
        let site = host.site;
        let lib = site.repository("acme/lib");
        let daemon = gate(site);
        old_history(&lib);
        host.push(&lib, &["main", "--tags"])
            .refused()
            .says("Existing history comes in with:")
            .says("git push -o modgate.import origin --tags");
        let said = host.push(&lib, &["-omodgate.import", "main", "--tags"]).accepted();
        said.says("not served");
        let module = lib.module();
        let broken = ["v2.0.0", "v2.1.0", "v0.2.0"];
        check_served(site, &daemon, &module, &["v0.1.0", "v1.0.0", "v1.1.0", "v1.2.0"], &broken);
        check_served(site, &daemon, &format!("{module}/v2"), &[], &["v2.0.0", "v2.1.0"]);
        let tools = format!("{module}/tools");
        check_served(site, &daemon, &tools, &["v0.1.0"], &["v0.2.0"]);
        assert_eq!(site.entry(&module, "v1.0.0")["how"], "imported");
        // From now on it is this host's.
        lib.write("next.txt", "next").commit("next");
        lib.tag("v2.2.0");
        host.push(&lib, &["-omodgate.import", "v2.2.0"]).refused().says("major-suffix-missing");
        lib.git(&["tag", "-d", "v2.2.0"]);
        lib.tag("v1.3.0");
        host.push(&lib, &["main", "--tags"]).accepted().receipt();
    });
}

#[test]
fn history_is_imported_by_settings() {
    Host::tell(|host| {
        let site = host.site;
        site.configure("[[policy.repository]]\nmatch = \"new/*\"\nimport = true\n");
        let (new, other) = (site.repository("new/lib"), site.repository("acme/lib"));
        let daemon = gate(site);
        old_history(&new);
        old_history(&other);
        host.push(&new, &["main", "--tags"]).accepted().says("not served");
        let served = ["v0.1.0", "v1.0.0", "v1.1.0", "v1.2.0"];
        check_served(site, &daemon, &new.module(), &served, &["v2.0.0"]);
        host.push(&other, &["main", "--tags"]).refused().says("major-suffix-missing");
        check_served(site, &daemon, &other.module(), &[], &["v1.0.0"]);
    });
}

/// Many tags, each with its own commit; every tenth has a version that nobody can use.
#[track_caller]
pub(crate) fn many(lib: &Repository<'_>, count: usize) {
    let mut stream = String::new();
    for n in 0..count {
        let go_mod = format!("module {}\n\ngo 1.21\n", lib.module());
        let code = format!("package code\n\nconst N = {n}\n");
        let time = 1_700_000_000 + n;
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{}\ncommitter T <t@example.com> {time} +0000\ndata 1\nc\n\
             M 100644 inline go.mod\ndata {}\n{go_mod}\nM 100644 inline code.go\ndata {}\n{code}\n",
            n + 1,
            go_mod.len(),
            code.len()
        );
    }
    for n in 0..count {
        let major = if n % 10 == 9 { 2 } else { 1 };
        let _ = write!(stream, "reset refs/tags/v{major}.{n}.0\nfrom :{}\n\n", n + 1);
    }
    lib.git_run(&["fast-import", "--quiet"]).stdin(stream).finish().ok();
}

#[test]
fn import_of_thousands_of_tags_is_summed_up_and_few_lines_of_the_journal() {
    let site = Site::new();
    site.configure("[policy]\ntime_limit_ms = 100000\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let count = budget::choose(500, 10_000);
    many(&lib, count);
    let before = site.modgate(&["status", "--json"]).finish().ok().json();
    let push = lib.push(&["--push-option=modgate.import", "main", "--tags"]).accepted();
    let said = push.remote();
    let lines = said.lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 60, "{lines} lines:\n{said}");
    assert!(said.contains(&format!("{} versions are released", count * 9 / 10)), "{said}");
    assert!(said.contains("major-suffix-missing") && said.contains("not served"), "{said}");
    assert_eq!(daemon.list(&lib.module()).len(), count * 9 / 10);
    assert_eq!(daemon.list(&format!("{}/v2", lib.module())), Vec::<String>::new());
    let after = site.modgate(&["status", "--json"]).finish().ok().json();
    assert_ne!(before["journal_head"], after["journal_head"]);
    assert_eq!(after["pending"], 0);
    check_one_line(&site, count);
}

/// A push is one line of the journal for its proposals, one for its versions, and one for their hashes, however many
/// they are.
#[track_caller]
fn check_one_line(site: &Site, count: usize) {
    let journal = std::fs::read_to_string(site.state().join("ledger/journal"));
    let journal = journal.expect("the journal is readable");
    assert!(journal.matches("\"accepted\"").count() >= count * 9 / 10);
    assert!(journal.lines().count() <= 5, "{} lines", journal.lines().count());
}
