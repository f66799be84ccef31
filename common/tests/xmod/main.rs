//! Our code beside golang.org/x/mod, the library inside the go command: both must say the same of everything.
//!
//! `tests/xmod` is a small Go program around that library. [`judge`] builds it and asks it, [`compare`] runs an area
//! case by case, [`shrink`] makes what differs small enough to read, [`report`] is how both sides write down their
//! answers, and [`text`] makes odd texts. The areas:
//!
//! - [`versions`] semantic versions, pseudo-versions, their orders
//! - [`paths`] module and import paths, major versions, releases
//! - [`escapes`] escaped paths and versions
//! - [`names`] file names
//! - [`runes`] every Unicode scalar value
//! - [`gomod`] go.mod: both parsers and the module line
//! - [`trees`] which files are in a zip, or why there is none; hashes; zips as a client checks them
//!
//! Cases are generated from fixed seeds: case 17 is the same in every run, and the long run only goes further. With
//! `--nocapture` each area says how many cases it compared.

mod compare;
mod escapes;
mod gomod;
mod judge;
mod names;
mod paths;
mod report;
mod runes;
mod shrink;
mod text;
mod trees;
mod versions;
