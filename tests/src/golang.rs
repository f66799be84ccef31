//! The go command with a home, a module cache and a git configuration of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::go_import::GoImport;
use crate::run::{Done, Run};
use crate::site::Site;

/// How long the download of many versions at once may take.
const MANY: Duration = Duration::from_secs(600);

/// One answer of `go mod download -json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Download {
    /// Module path.
    pub path: String,
    /// The version that the query stands for.
    pub version: String,
    /// Why it failed; empty when it did not.
    pub error: String,
    /// The `.info` file.
    pub info: PathBuf,
    /// The `.mod` file.
    pub go_mod: PathBuf,
    /// The zip.
    pub zip: PathBuf,
    /// The extracted zip.
    pub dir: PathBuf,
    /// h1 of the zip.
    pub sum: String,
    /// h1 of go.mod.
    pub go_mod_sum: String,
}

/// A go command.
#[derive(Debug)]
pub struct Go {
    program: PathBuf,
    home: PathBuf,
    environment: Vec<(String, String)>,
    // Answers as long as the go command may ask.
    _import: Option<GoImport>,
}

impl Go {
    /// One that asks a proxy and nobody else.
    pub fn through(site: &Site, name: &str, proxy: &str) -> Self {
        Self::new(site.path(name), proxy)
    }

    /// The same with another go command than the one on the PATH.
    pub fn through_with(program: &Path, site: &Site, name: &str, proxy: &str) -> Self {
        Self { program: program.to_owned(), ..Self::through(site, name, proxy) }
    }

    /// One that goes to the repositories under the site's root itself: the judge.
    pub fn direct(site: &Site, name: &str) -> Self {
        let mut go = Self::new(site.path(name), "direct");
        let prefix =
            if site.prefix().is_empty() { String::new() } else { site.prefix().to_owned() + "/" };
        let instead = format!(
            "[safe]\n\tdirectory = *\n[protocol \"file\"]\n\tallow = always\n\
            [url \"file://{}/\"]\n\tinsteadOf = https://{prefix}\n",
            site.root().display()
        );
        fs::write(go.home.join("gitconfig"), instead).expect("the go home is writable");
        let import = GoImport::start(site.root(), &prefix);
        for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
            go.environment.push((name.to_owned(), import.url()));
        }
        go._import = Some(import);
        // Page and repository are asked for without TLS; a proxy on loopback needs no such thing.
        go.with("GOINSECURE", "*")
    }

    /// Sets a variable, in the place of the one that was there.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    fn new(home: PathBuf, proxy: &str) -> Self {
        fs::create_dir_all(home.join("tmp")).expect("the site's folder is writable");
        fs::write(home.join("gitconfig"), "").expect("the go home is writable");
        let at = |name: &str| home.join(name).to_string_lossy().into_owned();
        let environment = [
            ("HOME", at("")),
            ("TMPDIR", at("tmp")),
            ("GOPATH", at("path")),
            ("GOMODCACHE", at("mod")),
            ("GOCACHE", at("cache")),
            ("GIT_CONFIG_GLOBAL", at("gitconfig")),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("GOPROXY", proxy.to_owned()),
            ("GOFLAGS", "-modcacherw".to_owned()),
            ("GONOSUMDB", "*".to_owned()),
            ("GOSUMDB", "off".to_owned()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("GOENV", "off".to_owned()),
            ("GOINSECURE", String::new()),
            ("GOVCS", "*:git".to_owned()),
            ("GOTELEMETRY", "off".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { program: PathBuf::from("go"), home, environment, _import: None }
    }

    /// Runs it outside of any module.
    pub fn run(&self, args: &[&str]) -> Done {
        self.run_in(&self.home, args)
    }

    /// Runs it in a folder.
    pub fn run_in(&self, dir: &Path, args: &[&str]) -> Done {
        self.start(&self.program, dir, args)
    }

    /// Runs another program as it would be run: one that itself runs the go command of the PATH.
    pub fn start(&self, program: &Path, dir: &Path, args: &[&str]) -> Done {
        self.command(program, dir).args(args).finish()
    }

    fn command(&self, program: &Path, dir: &Path) -> Run {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        Run::new(program).envs(environment).dir(dir)
    }

    /// A folder of its own that has nothing in it but a go.mod.
    #[track_caller]
    pub fn module(&self, name: &str, go_mod: &str) -> PathBuf {
        let dir = self.home.join(name);
        fs::create_dir_all(&dir).expect("the go home is writable");
        fs::write(dir.join("go.mod"), go_mod).expect("the go home is writable");
        dir
    }

    /// `go list -m -versions -retracted`: the versions, retracted ones too.
    ///
    /// # Errors
    /// What the go command said when it failed.
    pub fn versions(&self, module: &str) -> Result<Vec<String>, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Module {
            #[serde(default)]
            versions: Vec<String>,
        }
        let done = self.run(&["list", "-m", "-versions", "-retracted", "-json", module]);
        if done.code() != 0 {
            return Err(done.errors().trim().to_owned());
        }
        let module: Module =
            serde_json::from_value(done.json()).map_err(|error| error.to_string())?;
        Ok(module.versions)
    }

    /// One answer for each query, in order, from one `go mod download -json`.
    #[track_caller]
    pub fn download(&self, module: &str, queries: &[&str]) -> Vec<Download> {
        let names: Vec<String> = queries.iter().map(|query| format!("{module}@{query}")).collect();
        self.download_all(&names)
    }

    /// One answer for each `MODULE@QUERY`, in order, from one `go mod download -json`.
    #[track_caller]
    pub fn download_all(&self, names: &[String]) -> Vec<Download> {
        let run =
            self.command(&self.program, &self.home).args(["mod", "download", "-json"]).args(names);
        answers(&run.limit(MANY).finish(), names.len())
    }

    /// The answer for one version, which must be there.
    #[track_caller]
    pub fn fetch(&self, module: &str, version: &str) -> Download {
        let answer = self.download(module, &[version]).remove(0);
        assert_eq!(answer.error, "", "{module}@{version} cannot be downloaded");
        answer
    }

    /// `go get` in a new module; returns its folder.
    #[track_caller]
    pub fn get(&self, name: &str, what: &str) -> PathBuf {
        let dir = self.module(name, "module consumer.test\n\ngo 1.21\n");
        self.run_in(&dir, &["get", what]).ok();
        dir
    }

    /// A folder in its home.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.join(name);
        fs::create_dir_all(&folder).expect("the go home is writable");
        folder
    }

    /// Forgets what was downloaded.
    pub fn forget(&self) {
        // A missing cache is an empty cache.
        let _missing = fs::remove_dir_all(self.home.join("mod"));
    }
}

/// Reads the stream of JSON values that `go mod download` prints.
#[track_caller]
pub fn answers(done: &Done, count: usize) -> Vec<Download> {
    let values = serde_json::Deserializer::from_slice(&done.stdout).into_iter::<Download>();
    let values: Vec<Download> = values.filter_map(Result::ok).collect();
    if values.len() == count {
        return values;
    }
    // One bad argument can stop it before the first answer.
    assert_ne!(done.code(), 0, "{count} answers wanted: {done}");
    vec![Download { error: done.errors(), ..Download::default() }; count]
}
