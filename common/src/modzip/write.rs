//! Going through a plan: hashing it (H2), and writing it (Z7, B10).
//!
//! The hash is taken of the very bytes that are written. Archives have no directories, no times and
//! no modes; entries follow each other without seeking, so any receiver will do.

use std::io::{self, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::{Plan, PlannedFile, Sums};
use crate::dirhash::{FileHasher, Hasher};
use crate::objects::{Fault, Objects};

/// zlib's own middle way; clients see the content only.
const LEVEL: i64 = 6;

/// Why writing stopped.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The repository could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The receiver failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The h1 of a planned zip (H2); `prefix` is `M@V`. Files whose sums are known are not read.
///
/// # Errors
/// When the repository cannot be read.
pub fn h1(
    objects: &dyn Objects,
    plan: &Plan,
    prefix: &str,
    sums: &mut Sums,
) -> Result<String, Fault> {
    let mut hasher = Hasher::default();
    for file in &plan.files {
        let sum = sums.of(file, || {
            let mut hasher = FileHasher::default();
            hasher.update(&content(objects, file)?);
            Ok::<_, Fault>(hasher.finish())
        })?;
        hasher.add_sum(&name(prefix, file), sum);
    }
    Ok(hasher.finish())
}

/// Writes the zip and returns its h1 (H2); `prefix` is `M@V`.
///
/// # Errors
/// When the repository cannot be read or the receiver fails.
pub fn write<W: io::Write>(
    objects: &dyn Objects,
    plan: &Plan,
    prefix: &str,
    sink: W,
) -> Result<String, WriteError> {
    let mut archive = ZipWriter::new_stream(sink);
    let mut hasher = Hasher::default();
    for file in &plan.files {
        let (name, content) = (name(prefix, file), content(objects, file)?);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::default())
            .large_file(content.len() as u64 >= u64::from(u32::MAX));
        archive.start_file(&*name, options).map_err(io::Error::from)?;
        archive.write_all(&content)?;
        hasher.add(&name, &content);
    }
    archive.finish().map_err(io::Error::from)?.into_inner().flush()?;
    Ok(hasher.finish())
}

fn name(prefix: &str, file: &PlannedFile) -> String {
    format!("{prefix}/{}", file.path)
}

fn content(objects: &dyn Objects, file: &PlannedFile) -> Result<Vec<u8>, Fault> {
    Ok(file.conversion.apply(file.id, objects.blob(file.id)?))
}
