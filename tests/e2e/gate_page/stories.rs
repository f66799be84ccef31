//! The ten mistakes.

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

const LIB: &str = "git.example.com/acme/lib";

/// A mistake, and the way out.
pub(super) struct Story {
    pub(super) title: &'static str,
    /// What has happened before, and what the person wants.
    pub(super) told: &'static str,
    /// Sets that up, up to what is pushed already.
    pub(super) before: fn(&Site, &Repository<'_>),
    /// What the person types; the last line pushes.
    pub(super) commands: &'static [&'static str],
    pub(super) is_refused: bool,
    /// What the person edits where the advice asks for it.
    pub(super) edit: Option<fn(&Repository<'_>)>,
    /// What the commands of the message do.
    pub(super) after: &'static str,
    /// `MODULE@VERSION` that can be had in the end.
    pub(super) gets: &'static str,
    /// What else a consumer sees then.
    pub(super) check: Option<fn(&Go)>,
}

/// The first release, and a commit after it.
fn released(_: &Site, lib: &Repository<'_>) {
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.write("more.go", "package code\n").commit("more");
    lib.push_main();
}

/// A module that has no release yet.
fn fresh(_: &Site, lib: &Repository<'_>) {
    lib.module_at("", LIB).commit("code");
    lib.push_main();
}

fn forked(_: &Site, lib: &Repository<'_>) {
    lib.module_at("", "github.com/upstream/lib").commit("code of others");
    lib.push_main();
}

fn only_below(_: &Site, lib: &Repository<'_>) {
    lib.module_at("client", &format!("{LIB}/client")).commit("client");
    lib.push_main();
}

fn bad_release(_: &Site, lib: &Repository<'_>) {
    lib.release("v1.0.0").release("v1.0.1").push(&["main", "v1.0.0", "v1.0.1"]).accepted();
}

fn beside_core(site: &Site, lib: &Repository<'_>) {
    let core = site.repository("acme/core");
    site.install();
    core.write("LICENSE", "as you like\n");
    core.release("v0.3.0").push(&["main", "v0.3.0"]).accepted();
    let go_mod = format!(
        "module {LIB}\n\ngo 1.21\n\nrequire git.example.com/acme/core v0.0.0\n\n\
         replace git.example.com/acme/core => ../core\n"
    );
    lib.write("go.mod", go_mod);
    let code = "package code\n\nimport \"git.example.com/acme/core\"\n\n\
        // Answer is the one of core.\nconst Answer = code.Answer\n";
    lib.write("code.go", code).commit("use core");
    lib.push_main();
}

fn odd_name(site: &Site, lib: &Repository<'_>) {
    lib.write("testdata/is it?.txt", "no\n");
    fresh(site, lib);
}

/// What is wrong with v1.0.1 stands in the highest release.
fn is_retracted(go: &Go) {
    let done =
        go.run(&["list", "-m", "-retracted", "-f", "{{.Retracted}}", &format!("{LIB}@v1.0.1")]);
    assert!(done.ok().text().contains("answers wrongly"));
}

pub(super) const STORIES: &[Story] = &[
    Story {
        title: "A v2 without /v2",
        told: "The change breaks users, so it becomes v2.0.0. From v2 on, the module path has to say so.",
        before: released,
        commands: &["git tag v2.0.0", "git push origin v2.0.0"],
        is_refused: true,
        edit: None,
        after: "The commands change the module line, commit, and tag the new commit. Packages of the module that import each \
                other need the new path in these imports as well.",
        gets: "git.example.com/acme/lib/v2@v2.0.0",
        check: None,
    },
    Story {
        title: "The module path of another place",
        told: "The repository began as a fork, or has moved here: go.mod still has the old path.",
        before: forked,
        commands: &["git tag v1.0.0", "git push origin v1.0.0"],
        is_refused: true,
        edit: None,
        after: "The commands make it a module of this host. Whoever only keeps a copy of what others release reads the last \
                lines of the message instead.",
        gets: "git.example.com/acme/lib@v1.0.0",
        check: None,
    },
    Story {
        title: "A version without v",
        told: "Many tools are fine with `1.2.0`. The go command is not.",
        before: fresh,
        commands: &["git tag 1.2.0", "git push origin 1.2.0"],
        is_refused: false,
        edit: None,
        after: "The same commit gets the tag that the go command looks for; the other one may stay.",
        gets: "git.example.com/acme/lib@v1.2.0",
        check: None,
    },
    Story {
        title: "Two numbers are not enough",
        told: "`v1.2` looks like a version, but for the go command it asks for the newest v1.2.x.",
        before: fresh,
        commands: &["git tag v1.2", "git push origin v1.2"],
        is_refused: false,
        edit: None,
        after: "The same commit gets three numbers.",
        gets: "git.example.com/acme/lib@v1.2.0",
        check: None,
    },
    Story {
        title: "A tag that moves",
        told: "v1.0.0 is out, and then something was found. So the tag is moved to the mended commit.",
        before: released,
        commands: &["git tag -f v1.0.0", "git push --force origin v1.0.0"],
        is_refused: true,
        edit: None,
        after: "The tag goes back to where everybody else has it, and the mended commit becomes the next version.",
        gets: "git.example.com/acme/lib@v1.0.1",
        check: None,
    },
    Story {
        title: "A tag that is deleted to be pushed again",
        told: "The same, in two steps: away with the tag, and push it again later.",
        before: released,
        commands: &["git tag -d v1.0.0", "git push origin --delete v1.0.0"],
        is_refused: true,
        edit: Some(|lib| {
            let text = std::fs::read_to_string(lib.work().join("go.mod")).expect("it is there");
            let line = "\n// It answers wrongly.\nretract v1.0.0\n";
            lib.write("go.mod", text + line);
        }),
        after: "The tag stays, the next release says why nobody should use it, and the go command tells everybody who does.",
        gets: "git.example.com/acme/lib@v1.0.1",
        check: None,
    },
    Story {
        title: "A module in a directory, tagged without it",
        told: "The only go.mod is in `client/`. Its tags need the directory in front.",
        before: only_below,
        commands: &["git tag v0.1.0", "git push origin v0.1.0"],
        is_refused: false,
        edit: None,
        after: "The same commit gets the tag with the prefix.",
        gets: "git.example.com/acme/lib/client@v0.1.0",
        check: None,
    },
    Story {
        title: "A retraction of nothing",
        told: "v1.0.1 is to be taken back, and a number is mistyped.",
        before: bad_release,
        commands: &[
            "go mod edit -retract=v1.1.0",
            "git commit -a -m 'retract v1.0.1'",
            "git tag v1.0.2",
            "git push origin main v1.0.2",
        ],
        is_refused: false,
        edit: Some(|lib| {
            let text = std::fs::read_to_string(lib.work().join("go.mod")).expect("it is there");
            lib.write("go.mod", text + "\n// It answers wrongly.\nretract v1.0.1\n");
        }),
        after: "v1.0.2 was let in and stays; v1.0.3 says what was meant, with a comment that users get to read.",
        gets: "git.example.com/acme/lib@v1.0.3",
        check: Some(is_retracted),
    },
    Story {
        title: "A replacement by a directory next door",
        told: "While both modules were worked on, `replace` led to the other clone. It is still there, and no version was ever required.",
        before: beside_core,
        commands: &["git tag v1.0.0", "git push origin v1.0.0"],
        is_refused: true,
        edit: None,
        after: "Now the newest release of the other module is required. Had there been none yet, it would have to come first.",
        gets: "git.example.com/acme/lib@v1.0.0",
        check: None,
    },
    Story {
        title: "A file that no module may have",
        told: "Modules must work on every system, so names of files are limited, those of test data too.",
        before: odd_name,
        commands: &["git tag v1.0.0", "git push origin v1.0.0"],
        is_refused: true,
        edit: None,
        after: "The file has a name that every system takes. What reads it needs the new name.",
        gets: "git.example.com/acme/lib@v1.0.0",
        check: None,
    },
];
