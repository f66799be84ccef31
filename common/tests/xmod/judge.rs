//! The Go program: building it and asking it. The protocol stands in `tests/xmod/main.go`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use modgate_tests::registry;
use modgate_tests::run::Run;

/// The fields of a request, less its kind.
pub(crate) type Case = Vec<Vec<u8>>;

/// The built program.
#[derive(Debug)]
pub(crate) struct Judge {
    program: PathBuf,
}

impl Judge {
    /// The program, built when first asked for. The library comes from the Go registry.
    pub(crate) fn get() -> &'static Self {
        static JUDGE: OnceLock<Judge> = OnceLock::new();
        JUDGE.get_or_init(|| {
            let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .any(|folder| folder.join("go").is_file());
            assert!(
                found,
                "there is no go command on PATH: the judge of these tests is a Go program"
            );
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/xmod");
            let program = scratch().join("xmod");
            let build = registry::go(&registry_cache()).env("GOWORK", "off").args([
                "build",
                "-buildvcs=false",
                "-o",
            ]);
            build.arg(&program).arg(".").dir(&source).finish().ok();
            Self { program }
        })
    }

    /// One answer for each case, in order.
    #[track_caller]
    pub(crate) fn ask<'c>(
        &self,
        kind: &str,
        cases: impl IntoIterator<Item = &'c Case>,
    ) -> Vec<String> {
        let mut requests = Vec::new();
        for case in cases {
            requests.extend(number(case.len() + 1));
            for field in std::iter::once(kind.as_bytes()).chain(case.iter().map(Vec::as_slice)) {
                requests.extend(number(field.len()));
                requests.extend_from_slice(field);
            }
        }
        let run = Run::new(&self.program).env("TMPDIR", scratch()).stdin(requests);
        let done = run.limit(Duration::from_secs(600)).finish().ok();
        answers(&done.stdout)
    }
}

/// Where the modules from the Go registry are kept.
pub(crate) fn registry_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry")
}

fn scratch() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xmod");
    std::fs::create_dir_all(&scratch).expect("the target folder is writable");
    scratch
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("cases are small").to_be_bytes()
}

#[track_caller]
fn answers(mut stream: &[u8]) -> Vec<String> {
    let mut answers = Vec::new();
    while let Some((length, rest)) = stream.split_first_chunk() {
        let (answer, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        answers.push(String::from_utf8(answer.to_vec()).expect("reports are UTF-8"));
        stream = rest;
    }
    assert!(stream.is_empty(), "an answer breaks off");
    answers
}
