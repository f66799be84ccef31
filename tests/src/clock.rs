//! Programs that see another time than the machine has, and clocks that jump: a small library is loaded before theirs.

use std::fs;
use std::path::PathBuf;

use crate::run::Run;
use crate::site::Site;
use crate::sources::workspace;

/// A clock for the commands of a site, right at first. Time that passes, passes as ever.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Builds the library with the C compiler that the build needs too.
    #[track_caller]
    pub fn new(site: &Site) -> Self {
        let library = site.path("clock.so");
        let source = workspace().join("tests/cases/clock/shim.c");
        let compile = Run::new("cc").args(["-shared", "-fPIC", "-O", "-o"]).arg(&library);
        compile.arg(source).finish().ok();
        let clock = Self { library, file: site.path("clock") };
        clock.jump(0);
        clock
    }

    /// From now on it goes so many seconds wrong, also for what runs already.
    #[track_caller]
    pub fn jump(&self, offset: i64) {
        // Never half written.
        let side = self.file.with_extension("new");
        fs::write(&side, offset.to_string()).expect("the site's folder is writable");
        fs::rename(&side, &self.file).expect("the site's folder is writable");
    }

    /// The command, and all that it starts, by this clock.
    #[must_use]
    pub fn of(&self, run: Run) -> Run {
        run.env("LD_PRELOAD", &self.library).env("CLOCK_SHIM", &self.file)
    }
}
