//! Rebuilds the repositories of real modules in a folder, to look at them or to serve them by hand.
//!
//! ```text
//! cargo run -p modgate-tests --bin rebuild-real-modules -- tests/cases/real-modules.txt FOLDER
//! modgate serve --root FOLDER/root --prefix '' --state FOLDER/state
//! ```
//!
//! All versions of the list are taken, not only those of the short run. What `FOLDER/registry` lacks is fetched, one
//! version after the other; it may be a copy of what the tests keep in `target/tmp/registry`. The other list,
//! `real-modules-by-nature.txt`, can be given too.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use modgate_tests::run::Run;
use modgate_tests::{rebuild, registry};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [list, folder] = &arguments[..] else {
        return say("usage: rebuild-real-modules LIST FOLDER", ExitCode::from(2));
    };
    let text = match std::fs::read_to_string(list) {
        Ok(text) => text,
        Err(error) => return say(&format!("{}: {error}", list.display()), ExitCode::from(2)),
    };
    let list = registry::read(&text);
    let downloads = registry::download(&list, &folder.join("registry"));
    for (name, rebuilt) in rebuild::group(&list, &downloads) {
        let bare = folder.join("root").join(format!("{name}.git"));
        let git = |dir: &std::path::Path| {
            Run::new("git").env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1").dir(dir)
        };
        rebuilt.write(git, &bare);
    }
    say(&format!("{} versions in {}", list.len(), folder.join("root").display()), ExitCode::SUCCESS)
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    // Without a stderr there is nobody to tell.
    let _gone = writeln!(std::io::stderr(), "{text}");
    code
}
