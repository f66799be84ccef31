//! What must hold for any bytes at all, one file for each parser that sees foreign ones.
//!
//! Each `check` takes the bytes of one input and panics where a promise is broken: that nothing panics, that what was
//! read can be written and read again, that two readers of the same text agree, that a text for people holds no
//! control characters. How long an input may take is the caller's business.
//!
//! Two callers share them: the fuzz targets in `tests/fuzz`, and `common/tests/corpus`, which runs the corpus of every
//! target and mutations of it with a stable compiler.

pub(crate) mod attributes;
pub(crate) mod control;
pub(crate) mod go_line;
pub(crate) mod gomod;
pub(crate) mod hook_input;
pub(crate) mod journal;
pub(crate) mod journal_file;
pub(crate) mod module;
pub(crate) mod object;
pub(crate) mod pattern;
pub(crate) mod quarantine;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod tags;
pub(crate) mod tree;
pub(crate) mod version;

/// The check of a target.
pub(crate) type Check = fn(&[u8]);

/// Every target by its name, which is also the name of its corpus folder.
pub(crate) const TARGETS: [(&str, Check); 16] = [
    ("attributes", attributes::check),
    ("control", control::check),
    ("go_line", go_line::check),
    ("gomod", gomod::check),
    ("hook_input", hook_input::check),
    ("journal", journal::check),
    ("journal_file", journal_file::check),
    ("module", module::check),
    ("object", object::check),
    ("pattern", pattern::check),
    ("quarantine", quarantine::check),
    ("request", request::check),
    ("settings", settings::check),
    ("tags", tags::check),
    ("tree", tree::check),
    ("version", version::check),
];

/// Whether a text for people is one: foreign text in it must be escaped.
#[track_caller]
fn assert_tells(error: &impl std::fmt::Display) {
    let text = error.to_string();
    assert!(!text.is_empty(), "an error without words");
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "raw control characters: {text:?}"
    );
}

/// The text before and after the first `separator`.
fn split_at(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
}
