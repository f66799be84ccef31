//! A module line that the go command does not read, or reads in two ways (20.4, D7).
//!
//! Which directory holds a version is decided with a quick look at the first line that seems to be a module line; what
//! the module's path is, by the parser. A person sees one file.

use crate::module;
use crate::objects::Fault;
use crate::policy::Level;

use super::advice::{Fix, edit, quote};
use super::case::{Effect, Found, GoMod, ReleaseCase};

type Answer = Result<Option<Found>, Fault>;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// `gomod-bom`: the parser knows no such character, wherever the module line is.
pub(super) fn bom(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = case.go_mod().filter(|go_mod| go_mod.text.starts_with(BOM)) else {
        return Ok(None);
    };
    let summary = format!("{:?} begins with a byte order mark", go_mod.path);
    let consumer = case.failure(|| {
        format!("{}: go.mod is missing module path at revision {}", case.name(), case.tag.tag)
    });
    let (file, other) = (quote(&go_mod.path), quote(&format!("{}.new", go_mod.path)));
    let command = format!("tail -c +4 {file} > {other} && mv {other} {file}");
    let fix = Fix::mend(case.tag, &[command], "go.mod without byte order mark");
    let found = Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(1));
    Ok(Some(found.with(Effect::Breaks)))
}

/// `gomod-scanner-disagrees`, where the parser's path is the right one: a wrong one has rules of its own.
pub(super) fn scanner_disagrees(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = case.go_mod() else { return Ok(None) };
    let (line, seen) = match &go_mod.parsed {
        Ok(file) => {
            let Some(declared) = &file.module else { return Ok(None) };
            if declared.path != case.path() || go_mod.scanned == declared.path {
                return Ok(None);
            }
            let seen = match go_mod.scanned.as_str() {
                "" => "none".to_owned(),
                other => format!("{other:?}"),
            };
            (declared.position.line, seen)
        }
        Err(_) => match backquoted(go_mod).filter(|_| go_mod.scanned == case.path()) {
            Some(line) => (line, "it, but its parser takes no backquotes".to_owned()),
            None => return Ok(None),
        },
    };
    let summary = format!(
        "{:?} declares {:?} in a way that the go command's quick look does not read: it sees {seen}",
        go_mod.path,
        case.path()
    );
    let consumer = case
        .failure(|| "nothing yet; from v2 on, the version would be found in no list".to_owned());
    let steps = [
        format!("# write this as the first line of {}:", quote(&go_mod.path)),
        format!("#   module {}", case.path()),
        "# in place of the module directive; this must print nothing but JSON:".to_owned(),
        edit("-json", &go_mod.path),
    ];
    let fix = Fix::mend(case.tag, &steps, "one plain module line");
    let found = Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(line));
    let is_found = go_mod.parsed.is_ok() && (case.broken.is_none() || fits(case, &go_mod.scanned));
    Ok(Some(if is_found { found.at_level(Level::Warn) } else { found.with(Effect::Breaks) }))
}

/// The line of the module directive, where its quotes are all that is wrong with the file.
fn backquoted(go_mod: &GoMod) -> Option<u32> {
    let errors = &go_mod.parsed.as_ref().err()?.0;
    let is_quote = errors.iter().all(|error| {
        error.verb == "module" && error.reason.ends_with("unquoted string cannot contain quote")
    });
    errors.first().filter(|_| is_quote).map(|first| first.position.line)
}

/// Whether what the quick look sees has the major suffix that the version needs (D8).
fn fits(case: &ReleaseCase<'_>, scanned: &str) -> bool {
    let suffix = module::split_path_version(scanned).map(|(_, suffix)| suffix);
    let major = suffix.map(|suffix| suffix.get(1..).unwrap_or_default());
    !scanned.is_empty() && major == Some(case.wanted_major())
}
