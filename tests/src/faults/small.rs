//! A disk with little room: a file system in memory, mounted where a test wants it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::Run;

/// A mounted file system of a certain size.
#[derive(Debug)]
pub struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many bytes at `place`, an empty folder.
    #[track_caller]
    pub fn mount(place: &Path, bytes: u64) -> Self {
        let size = format!("size={bytes},mode=0755");
        let run = Run::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place);
        let mounted = run.finish().code() == 0;
        assert!(
            mounted,
            "no disk can be mounted here: give this process the right to, or leave the test out with `--skip full::`"
        );
        Self { place: place.to_owned() }
    }

    /// Takes all room but so many bytes. There are whole pages only.
    pub fn fill(&self, left: u64) {
        let file = self.filler();
        // More than there is room for: it ends where the disk is full.
        let mut size: u64 = 0;
        let page = vec![1; 4096];
        let mut out = fs::File::create(&file).expect("the disk has room for a name");
        while std::io::Write::write_all(&mut out, &page).is_ok() {
            size += page.len() as u64;
        }
        out.set_len(size.saturating_sub(left)).expect("a file can be made shorter");
    }

    /// Gives the room back.
    pub fn free(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.place.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a daemon that was killed may not be gone yet.
        let _gone = Run::new("umount").args(["-l"]).arg(&self.place).finish();
    }
}
