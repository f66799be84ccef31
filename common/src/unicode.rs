//! The two Unicode tables of the go command, version 17.0.0 (M3, Z6).

/// Whether `c` has category L* (`unicode.IsLetter`).
pub fn is_letter(_c: char) -> bool {
    todo!()
}

/// The key under which names that differ in case only are equal (Z6).
pub fn fold_key(_name: &str) -> String {
    todo!()
}
