//! `docs/gate.md`: the ten most common mistakes, each pushed for real, with what `git push` prints.
//!
//! Then the printed commands are followed to the letter. Whoever does nothing else must end with a release that the go
//! command gets. Where a line says what to edit, the story plays the editor.

use std::fs;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::run::{Done, Run};
use modgate_tests::site::Site;
use modgate_tests::sources::workspace;

use crate::advice::advice;
use crate::push_rules::gate;

mod stories;

use stories::{STORIES, Story};

const PAGE: &str = "docs/gate.md";
const HOW: &str = "MODGATE_WRITE=1 cargo test -p modgate-tests --test e2e gate_page";

const HEAD: &str = "\
# The ten most common mistakes

What people do, what `git push` then prints, and what came of it when the printed commands were pasted: nothing on this page is
made up. A test pushes each mistake, compares the message with this page, runs the commands of the message as they stand, and
asks the go command for the version.

All of it happens in `git.example.com/acme/lib`, in a clone whose remote is `origin`. Commands are meant for the root of the work
tree. Lines that begin with `#` say what has to be edited or decided; no program can do that.

A refused tag never existed on the server, so its number stays free: delete it, mend, tag again. A version that was accepted stays
what it is for ever, because somebody may have it; then the advice is the next number, and a retraction where the old one hurts.
`modgate check` says the same before a push, and [`modgate install --pre-push`](../README.md#use-it) lets git ask it by itself.
[rules.md](rules.md) has all rules, `modgate explain RULE` one.
";

/// A developer's shell in the work tree, with the go command.
struct Shell<'a> {
    site: &'a Site,
    lib: &'a Repository<'a>,
    proxy: String,
}

impl Shell<'_> {
    /// Runs lines as they would be pasted. Times are fixed, so that ids are.
    fn run(&self, lines: &[&str], time: u64) -> Done {
        let user = self.site.actors().pusher.as_ref();
        let home = |name: &str| self.site.path("home").join(name);
        let date = format!("@{time} +0000");
        let run = Run::by(user, "sh").envs(self.site.environment()).dir(self.lib.work());
        run.args(["-e", "-c", &lines.join("\n")])
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GOPROXY", &self.proxy)
            .env("GOMODCACHE", home("mod"))
            .env("GOPATH", home("path"))
            .env("GOCACHE", home("cache"))
            .envs([("GOFLAGS", "-modcacherw"), ("GOSUMDB", "off"), ("GOTOOLCHAIN", "local")])
            .finish()
    }
}

/// No line is too long for a terminal, save commands, which are there to be pasted.
fn fits(message: &str) {
    let commands = advice(message);
    for line in message.lines() {
        let is_command = line.strip_prefix("    ").is_some_and(|line| commands.contains(&line));
        let columns = "remote: ".len() + line.chars().count();
        assert!(columns <= 80 || is_command, "{columns} columns: {line}");
    }
}

/// Pushes the mistake, follows the advice, gets the version; returns what the page says.
fn play(story: &Story) -> String {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write("LICENSE", "as you like\n");
    (story.before)(&site, &lib);
    let shell = Shell { site: &site, lib: &lib, proxy: daemon.url() };
    let pushed = shell.run(story.commands, 1_700_010_000);
    let is_refused = pushed.code() != 0;
    assert_eq!(is_refused, story.is_refused, "{}: {pushed}", story.title);
    let message = Push::from(pushed).remote();
    fits(&message);
    follow(story, &shell, &message);
    get(story, &site, &daemon);
    section(story, &message)
}

/// Does what the message says.
fn follow(story: &Story, shell: &Shell<'_>, message: &str) {
    let lines = advice(message);
    let is_comment = |line: &&&str| line.starts_with('#');
    let at = lines.iter().position(|line| line.starts_with('#')).unwrap_or(lines.len());
    let (first, rest) = lines.split_at(at);
    let rest: Vec<&str> = rest.iter().filter(|line| !is_comment(line)).copied().collect();
    assert!(!first.is_empty() || !rest.is_empty(), "{}: no command in {message}", story.title);
    if !first.is_empty() {
        shell.run(first, 1_700_020_000).ok();
    }
    if let Some(edit) = story.edit {
        edit(shell.lib);
    }
    if !rest.is_empty() {
        shell.run(&rest, 1_700_030_000).ok();
    }
}

/// The real go command gets what the story promises.
fn get(story: &Story, site: &Site, daemon: &Daemon) {
    let go = Go::through(site, "consumer", &daemon.url());
    let (module, version) = story.gets.split_once('@').expect("a module and a version");
    go.fetch(module, version);
    if let Some(check) = story.check {
        check(&go);
    }
}

fn section(story: &Story, message: &str) -> String {
    let indented =
        |lines: &[&str]| -> String { lines.iter().map(|line| format!("    {line}\n")).collect() };
    let message: String = message
        .lines()
        .map(|line| format!("remote: {line}").trim_end().to_owned() + "\n")
        .collect();
    let outcome = if story.is_refused { "refused" } else { "let in, with a warning" };
    format!(
        "\n## {}\n\n{}\n\n{}\nThis is {outcome}:\n\n```text\n{message}```\n\n{} Now there is `{}`.\n",
        story.title,
        story.told,
        indented(story.commands),
        story.after,
        story.gets,
    )
}

#[test]
fn ten_mistakes_are_mended_by_their_messages_alone() {
    assert_eq!(STORIES.len(), 10);
    let page = HEAD.to_owned() + &STORIES.iter().map(play).collect::<String>();
    let file = workspace().join(PAGE);
    if std::env::var_os("MODGATE_WRITE").is_some() {
        fs::write(file, page).expect("the page is writable");
        return;
    }
    let was = fs::read_to_string(file).unwrap_or_default();
    let first = was.lines().zip(page.lines()).find(|(was, is)| was != is);
    assert!(was == page, "{PAGE} is stale ({first:?}); generate it with\n{HOW}");
}
