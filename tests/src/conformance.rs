//! The rules of Go modules, the tests that cite them, and the page that is generated from both.
//!
//! - [`list`] the rules by section, and the deviations: read from `cases/rules.txt` and `cases/deviations.txt`
//! - [`citations`] the lines `// Rules: Z4.5, Z7` directly above `#[test]`, read from the sources
//! - [`judge`] what does not fit together: the list cannot rot
//! - [`page`] the generated parts of `docs/conformance.md`
//!
//! The texts are given as values; only the test that calls this reads files.

pub mod citations;
pub mod judge;
pub mod list;
pub mod page;
