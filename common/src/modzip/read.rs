//! Reading a zip that is there, to see what is in it.

use std::io::{self, Read, Seek};

use zip::ZipArchive;

use crate::dirhash::{FileHasher, Hasher};

/// The h1 of the files in a zip (H2).
///
/// # Errors
/// When it is no whole zip, or a file in it is not what the zip itself says.
pub fn h1_of(reader: impl Read + Seek) -> io::Result<String> {
    let mut archive = ZipArchive::new(reader).map_err(io::Error::from)?;
    let mut hasher = Hasher::default();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(io::Error::from)?;
        let mut sum = FileHasher::default();
        io::copy(&mut file, &mut sum)?;
        let name = file.name().map_err(io::Error::from)?;
        if name.contains('\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name has a line feed"));
        }
        hasher.add_sum(&name, sum.finish());
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    // Rules: H1, H2
    #[test]
    fn a_zip_has_the_hash_of_its_files_and_a_damaged_one_has_none() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("example.com/m@v1.0.0/go.mod", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"module example.com/m\n").unwrap();
        let mut bytes = zip.finish().unwrap().into_inner();
        let h1 = h1_of(Cursor::new(&bytes)).unwrap();
        assert_eq!(h1, "h1:yJwNngL0tCKlmRg8yireic46hRGohEbhwD/WSE0Ax3I=");
        assert!(h1_of(Cursor::new(&bytes[..bytes.len() - 1])).is_err());
        bytes[60] ^= 1;
        assert!(h1_of(Cursor::new(&bytes)).is_err());
    }
}
