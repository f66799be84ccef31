//! The go commands that tests of clients run with, oldest first.
//!
//! | variable | names |
//! |---|---|
//! | (`PATH`) | the newest: the judge of all other tests |
//! | `MODGATE_INSTALLED_GO` | the go command that the machine has |
//! | `MODGATE_OLDEST_GO` | the oldest that can be had: the distribution's |
//! | `MODGATE_GO_TOOLCHAINS` | further ones by name, as in `GOTOOLCHAIN`: `go1.21.13 go1.24.9` |
//!
//! `tests/run.sh` sets the second and the third. The fourth is for those who may download toolchains: each is
//! had from the registry, with the machine's own settings.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::registry;
use crate::run::Run;

/// A go command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its name, such as `go1.19.8`.
    pub name: String,
    /// Where it is.
    pub program: PathBuf,
    /// The second number of its version.
    pub minor: u32,
}

/// All of them, each version once, oldest first. There is always one.
#[track_caller]
pub fn all() -> &'static [Client] {
    static ALL: OnceLock<Vec<Client>> = OnceLock::new();
    ALL.get_or_init(|| {
        let named = |name: &str| std::env::var(name).unwrap_or_default();
        let mut programs: Vec<PathBuf> = vec!["go".into()];
        for variable in ["MODGATE_INSTALLED_GO", "MODGATE_OLDEST_GO"] {
            programs.extend(Some(named(variable)).filter(|path| !path.is_empty()).map(Into::into));
        }
        let toolchains = named("MODGATE_GO_TOOLCHAINS");
        programs.extend(toolchains.split_whitespace().map(toolchain));
        distinct(programs.iter().map(|program| client(program)).collect())
    })
}

/// The oldest and the newest.
#[track_caller]
pub fn extremes() -> Vec<&'static Client> {
    let all = all();
    let mut extremes = vec![&all[0], &all[all.len() - 1]];
    extremes.dedup();
    extremes
}

/// The newest.
#[track_caller]
pub fn newest() -> &'static Client {
    all().last().expect("there is always one")
}

fn distinct(mut clients: Vec<Client>) -> Vec<Client> {
    // Stable: of two with one version, the one on the PATH stays.
    clients.sort_by_key(|client| numbers(&client.name));
    clients.dedup_by_key(|client| client.name.clone());
    clients
}

#[track_caller]
fn client(program: &Path) -> Client {
    let done = Run::new(program).arg("version").env("GOTOOLCHAIN", "local").env("HOME", "/");
    let line = done.finish().ok().line();
    let name = line.split(' ').nth(2).unwrap_or_default().to_owned();
    let minor = numbers(&name).get(1).copied();
    let minor = minor.unwrap_or_else(|| panic!("no version of {}: {line:?}", program.display()));
    Client { name, program: program.to_owned(), minor }
}

/// The numbers of a version, `go1.21rc2` as 1, 21, 2.
fn numbers(name: &str) -> Vec<u32> {
    name.split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// The go command of a toolchain, from the registry.
#[track_caller]
fn toolchain(name: &str) -> PathBuf {
    let run = Run::new("go").envs(registry::own_settings()).env("GOTOOLCHAIN", name);
    let done = run.args(["env", "GOROOT"]).limit(Duration::from_secs(480)).finish().ok();
    Path::new(&done.line()).join("bin/go")
}

#[cfg(test)]
mod tests {
    use super::{Client, all, distinct, toolchain};

    #[test]
    fn every_version_is_there_once_and_the_oldest_comes_first() {
        let client = |(name, program): (&str, &str)| Client {
            name: name.to_owned(),
            program: program.into(),
            minor: 0,
        };
        let found = [("go1.26.8", "go"), ("go1.26.8", "/x/go"), ("go1.9.1", "a"), ("go1.19", "b")];
        let programs: Vec<_> = distinct(found.map(client).into());
        let programs: Vec<_> =
            programs.iter().map(|client| client.program.display().to_string()).collect();
        assert_eq!(programs, ["a", "b", "go"]);
        assert!(!all().is_empty());
    }

    /// The one on the PATH, so that nothing needs to be downloaded.
    #[test]
    fn toolchain_is_found_by_name() {
        let newest = super::client("go".as_ref());
        let found = super::client(&toolchain(&newest.name));
        assert_eq!((found.name, found.minor), (newest.name, newest.minor));
        assert!(found.program.is_absolute());
    }
}
