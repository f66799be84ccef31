//! Whether the index that lies there may be believed.
//!
//! sled syncs nothing that could be relied on, so after a power cut its files may be of different times and still look
//! whole. The file `STATE/ledger/boot` says under which start of the machine the index is written, or that it was closed
//! in order, all of it on disk. An index of any other start is made again from the journal.
//!
//! | it holds | then the index |
//! |---|---|
//! | the id of this start | is complete: at most a process was killed |
//! | `clean LINES HASH` | is complete, and the journal had so many lines, the last one with this hash |
//! | `building ID` | is being made from the journal |
//! | `doubtful` | failed while it was used |
//! | anything else | is not believed |

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::io::journal::Ending;
use crate::io::sync::sync_folder;
use crate::ledger::journal::Head;

/// What the system says of its start: another text after each.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

const CLEAN: &str = "clean";
const BUILDING: &str = "building";
const DOUBTFUL: &str = "doubtful";

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    /// There is no such file: no journal was ever begun, or somebody removed it.
    Absent,
    /// The index is being made.
    Building,
    /// The index was closed in order, when the journal ended here.
    Clean(Head),
    /// The index failed while it was used.
    Doubtful,
    /// It was written under another start of the machine, or nobody knows which.
    OtherBoot,
    /// It was written since the machine started: at most a process was killed.
    ThisBoot,
}

impl Belief {
    /// Whether the index is complete: it has all that was ever acknowledged.
    pub(super) const fn is_complete(self) -> bool {
        matches!(self, Self::Clean(_) | Self::ThisBoot)
    }

    /// What the journal may end in where the index cannot tell.
    pub(super) const fn ending(self) -> Ending {
        match self {
            // Only damage can have taken such an index.
            Self::Clean(_) | Self::ThisBoot => Ending::Whole,
            Self::Absent | Self::Building | Self::Doubtful | Self::OtherBoot => Ending::Torn,
        }
    }
}

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Seal {
    path: PathBuf,
}

impl Seal {
    pub(super) fn of(folder: &Path) -> Self {
        Self { path: folder.join("boot") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read(&self) -> io::Result<Belief> {
        let written = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Belief::Absent),
            written => written?,
        };
        let written = String::from_utf8_lossy(&written);
        let words: Vec<&str> = written.split_whitespace().collect();
        let is_this = |boot: &str| this_boot().is_some_and(|this| this == boot);
        Ok(match words[..] {
            [CLEAN, lines, hash] => match (lines.parse(), hash.parse()) {
                (Ok(lines), Ok(hash)) => Belief::Clean(Head { lines, hash }),
                _ => Belief::OtherBoot,
            },
            [BUILDING, boot] if is_this(boot) => Belief::Building,
            [DOUBTFUL] => Belief::Doubtful,
            [boot] if is_this(boot) => Belief::ThisBoot,
            _ => Belief::OtherBoot,
        })
    }

    /// The index is being made; on return that is on disk.
    pub(super) fn build(&self) -> io::Result<()> {
        self.write(&format!("{BUILDING} {}", this_boot().as_deref().unwrap_or("unknown")))
    }

    /// From now on the index is complete, and written; on return that is on disk.
    pub(super) fn open(&self) -> io::Result<()> {
        self.write(this_boot().as_deref().unwrap_or("unknown"))
    }

    /// All of the index is on disk, and nothing more will be written.
    pub(super) fn close(&self, head: Head) -> io::Result<()> {
        self.write(&format!("{CLEAN} {} {}", head.lines, head.hash))
    }

    /// Says again what was read: nothing came of making the index.
    pub(super) fn put_back(&self, belief: Belief) -> io::Result<()> {
        match belief {
            Belief::Absent => fs::remove_file(&self.path),
            Belief::Building => self.build(),
            Belief::Clean(head) => self.close(head),
            Belief::Doubtful => self.write(DOUBTFUL),
            Belief::OtherBoot => self.write("other"),
            Belief::ThisBoot => self.open(),
        }
    }

    /// The index said something that cannot be: it is made again at the next open.
    pub(super) fn doubt(&self) {
        if let Err(error) = self.write(DOUBTFUL) {
            // What cannot be written can perhaps be removed, which says the same.
            let _gone = fs::remove_file(&self.path).map_err(|_| error);
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let side = self.path.with_extension("new");
        let mut file = File::create(&side)?;
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&side, &self.path)?;
        sync_folder(&self.path)
    }
}

fn this_boot() -> Option<String> {
    let id = fs::read_to_string(BOOT_ID).ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
