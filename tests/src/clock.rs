//! Programs that see another time than the machine has: a small library is loaded before theirs.

use std::fs;
use std::path::PathBuf;

use crate::run::Run;
use crate::site::Site;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, now);
    const char *shift = getenv("MODGATE_TEST_CLOCK");
    if (result == 0 && shift && id == CLOCK_REALTIME)
        now->tv_sec += atol(shift);
    return result;
}
"#;

/// A clock that is wrong by some seconds. Time that passes, passes as ever.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    seconds: i64,
}

impl Clock {
    /// Builds the library with the C compiler that the build needs too.
    #[track_caller]
    pub fn shifted(site: &Site, seconds: i64) -> Self {
        let (source, library) = (site.path("clock.c"), site.path("clock.so"));
        fs::write(&source, SOURCE).expect("the site's folder is writable");
        let build = Run::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library);
        build.arg(&source).arg("-ldl").finish().ok();
        Self { library, seconds }
    }

    /// The command, and all that it starts, by this clock.
    #[must_use]
    pub fn of(&self, run: Run) -> Run {
        run.env("LD_PRELOAD", &self.library).env("MODGATE_TEST_CLOCK", self.seconds.to_string())
    }
}
