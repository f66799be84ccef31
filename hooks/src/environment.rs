//! The few variables that a hook takes from its environment, each by its name. The rest may hold
//! passwords or may be invented, and is not looked at.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use modgate_common::io::repo::quarantine;
use modgate_common::rules::Skips;

/// What the environment says about a push.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// The repository.
    pub git_dir: PathBuf,
    /// Where its new objects lie.
    pub object_directories: Vec<PathBuf>,
    /// Whether the pusher says that the push is an import.
    pub import: bool,
    /// The rules that the pusher wants to skip.
    pub skips: Skips,
    /// Who pushes, as far as the host tells.
    pub pusher: Option<String>,
}

/// Variables in which hosts name the pusher, the more telling first. The fixtures' facts are measured.
const PUSHER: [&str; 5] =
    ["GITEA_PUSHER_NAME", "GL_USERNAME", "GL_USER", "SOFT_SERVE_USERNAME", "REMOTE_USER"];

/// A pusher's name in the ledger is not longer than this, whatever the host says.
const MAX_PUSHER: usize = 200;

impl Environment {
    /// The environment of this process.
    pub(crate) fn read() -> Self {
        Self::from(&|name| env::var_os(name))
    }

    fn from(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let git_dir = variable("GIT_DIR").filter(|value| !value.is_empty());
        let options = push_options(variable);
        let pusher = pusher(variable);
        Self {
            git_dir: git_dir.map_or_else(|| PathBuf::from("."), PathBuf::from),
            object_directories: quarantine::directories(variable),
            import: options.iter().any(|option| is_import(option)),
            skips: Skips::parse(&options, pusher.as_deref()),
            pusher,
        }
    }
}

fn push_options(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<String> {
    let text = |name: &str| variable(name)?.into_string().ok();
    let count = text("GIT_PUSH_OPTION_COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
    // git passes on what the pusher sends, however much it is.
    (0..count.min(1000)).filter_map(|n| text(&format!("GIT_PUSH_OPTION_{n}"))).collect()
}

fn is_import(option: &str) -> bool {
    matches!(option, "modgate.import" | "modgate.import=true")
}

fn pusher(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<String> {
    let named = PUSHER.iter().find_map(|name| {
        variable(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
    });
    let named = named.or_else(|| {
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok()??;
        Some(user.name)
    });
    named.map(|name| name.chars().take(MAX_PUSHER).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::from(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_hosts_name_of_the_pusher_is_taken() {
        let gitea = [("GITEA_PUSHER_NAME", "alice"), ("REMOTE_USER", "git")];
        assert_eq!(read(&gitea).pusher.as_deref(), Some("alice"));
        assert_eq!(read(&[("GL_USER", ""), ("REMOTE_USER", "bob")]).pusher.as_deref(), Some("bob"));
        assert!(read(&[]).pusher.is_some(), "the Unix user");
        let long = "x".repeat(5000);
        assert_eq!(read(&[("REMOTE_USER", &long)]).pusher.unwrap().len(), MAX_PUSHER);
    }

    #[test]
    fn an_import_is_a_push_option() {
        let options = |option| {
            read(&[
                ("GIT_PUSH_OPTION_COUNT", "2"),
                ("GIT_PUSH_OPTION_0", "ci.skip"),
                ("GIT_PUSH_OPTION_1", option),
            ])
        };
        assert!(options("modgate.import").import);
        assert!(!options("modgate.imports").import);
        assert!(!read(&[("GIT_PUSH_OPTION_0", "modgate.import")]).import);
        assert!(!read(&[("GIT_PUSH_OPTION_COUNT", "x")]).import);
    }

    #[test]
    fn without_git_dir_the_folder_is_the_repository() {
        assert_eq!(read(&[]).git_dir, PathBuf::from("."));
        assert_eq!(read(&[("GIT_DIR", "/srv/x.git")]).git_dir, PathBuf::from("/srv/x.git"));
    }
}
