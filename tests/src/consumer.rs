//! Somebody who required modules before something happened to them, and has a go.sum that says what they were.

use std::fs;
use std::path::PathBuf;

use crate::daemon::Daemon;
use crate::golang::Go;
use crate::run::Done;
use crate::site::Site;

/// A module that requires others, with its go.sum.
#[derive(Debug)]
pub struct Consumer<'a> {
    site: &'a Site,
    name: String,
    dir: PathBuf,
    go_sum: String,
}

impl<'a> Consumer<'a> {
    /// Requires each `MODULE@QUERY` and keeps the go.sum of it.
    #[track_caller]
    pub fn of(site: &'a Site, name: &str, daemon: &Daemon, wanted: &[&str]) -> Self {
        let mut consumer =
            Self { site, name: name.to_owned(), dir: PathBuf::new(), go_sum: String::new() };
        let go = consumer.go(daemon);
        consumer.dir = go.module("consumer", "module consumer.test\n\ngo 1.21\n");
        go.run_in(&consumer.dir, &[&["get"], wanted].concat()).ok();
        consumer.go_sum = consumer.read();
        for what in wanted {
            let module = what.split('@').next().unwrap_or_default();
            assert!(consumer.go_sum.contains(module), "no {module} in {:?}", consumer.go_sum);
        }
        consumer
    }

    fn go(&self, daemon: &Daemon) -> Go {
        // Whatever `go get` may write, it may write: a go.sum that is silently mended would show.
        Go::through(self.site, &self.name, &daemon.url()).with("GOFLAGS", "-modcacherw -mod=mod")
    }

    fn read(&self) -> String {
        fs::read_to_string(self.dir.join("go.sum")).expect("the go command wrote it")
    }

    /// Its go.sum, as it was at first.
    pub fn go_sum(&self) -> &str {
        &self.go_sum
    }

    /// Everything is downloaded anew, and is what the go.sum says.
    #[track_caller]
    pub fn still_verifies(&self, daemon: &Daemon) {
        self.download(daemon).ok();
        let go = self.go(daemon);
        go.run_in(&self.dir, &["mod", "verify"]).ok().says("all modules verified");
        assert_eq!(self.read(), self.go_sum, "the go.sum was changed");
    }

    /// What the go command says when everything is downloaded anew.
    pub fn download(&self, daemon: &Daemon) -> Done {
        let go = self.go(daemon);
        go.forget();
        go.run_in(&self.dir, &["mod", "download"])
    }
}
