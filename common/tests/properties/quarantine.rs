//! The object directories that git names in a hook's environment (`io::repo::quarantine`).

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use modgate_common::io::repo::quarantine::directories;

/// The input is the list of alternates.
pub(crate) fn check(input: &[u8]) {
    let read = |list: &[u8]| {
        directories(&|name| {
            let is_list = name == "GIT_ALTERNATE_OBJECT_DIRECTORIES";
            is_list.then(|| OsString::from_vec(list.to_vec()))
        })
    };
    let found = read(input);
    assert!(found.iter().all(|path| !path.as_os_str().is_empty()));
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len(), "repeats in {found:?}");
    let quoted: Vec<Vec<u8>> =
        found.iter().map(|path| quote(path.as_os_str().as_bytes())).collect();
    assert_eq!(read(&quoted.join(&b':')), found);
}

/// As git quotes an item of the list.
fn quote(path: &[u8]) -> Vec<u8> {
    let escaped = path.iter().flat_map(|byte| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        b' '..=b'~' => vec![*byte],
        _ => format!("\\{byte:03o}").into_bytes(),
    });
    [&b"\""[..], &escaped.collect::<Vec<u8>>(), b"\""].concat()
}
