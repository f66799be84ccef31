//! go.mod: what both parsers make of it, positions and texts of errors included, and the module line (F1 to F14, D7).

mod generate;
mod words;

use modgate_common::gomod::{Errors, File, Position, module_line, parse_lax, parse_strict};
use modgate_tests::budget;
use modgate_tests::registry;

use crate::compare::Area;
use crate::judge::{Case, Judge, registry_cache};
use crate::report::Report;

use generate::Generator;

/// So many real files are mutated.
const SEEDS: usize = 60;

/// More errors than these are not kept.
const MAX_ERRORS: usize = 10_000;

/// The go.mod files of real modules, evenly from the whole list.
fn real_files() -> Vec<String> {
    let list = registry::read(include_str!("../../../tests/cases/real-modules.txt"));
    let step = list.len().div_ceil(SEEDS);
    let list: Vec<_> = list.into_iter().step_by(step).collect();
    registry::go_mods(&list, &registry_cache())
}

fn facts(report: &mut Report, mode: &str, parsed: Result<File, Errors>) {
    let file = match parsed {
        Ok(file) => file,
        Err(errors) => return report.value(format_args!("{mode} error"), errors),
    };
    let mut say = |verb: &str, Position { line, column }, values: &[&str]| {
        report.say(format_args!("{mode} {verb} {line}:{column}"), values);
    };
    if let Some(module) = &file.module {
        let deprecated = module.deprecated.as_deref().unwrap_or_default();
        say("module", module.position, &[&module.path, deprecated]);
    }
    if let Some(go) = &file.go {
        say("go", go.position, &[&go.version]);
    }
    if let Some(toolchain) = &file.toolchain {
        say("toolchain", toolchain.position, &[&toolchain.name]);
    }
    for x in &file.require {
        say("require", x.position, &[&x.path, &x.version, &x.indirect.to_string()]);
    }
    for x in &file.exclude {
        say("exclude", x.position, &[&x.path, &x.version]);
    }
    for x in &file.replace {
        let [old, new] = [&x.old_version, &x.new_version].map(|v| v.as_deref().unwrap_or_default());
        say("replace", x.position, &[&x.old_path, old, &x.new_path, new]);
    }
    for x in &file.retract {
        say("retract", x.position, &[&x.low, &x.high, &x.rationale]);
    }
    for x in &file.tool {
        say("tool", x.position, &[&x.path]);
    }
    for x in &file.ignore {
        say("ignore", x.position, &[&x.path]);
    }
    for x in &file.godebug {
        say("godebug", x.position, &[&x.key, &x.value]);
    }
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let [text] = case else { return None };
    let mut report = Report::default();
    facts(&mut report, "lax", parse_lax(text));
    facts(&mut report, "strict", parse_strict(text));
    report.say("module line", [module_line(text)]);
    Some(report.finish())
}

// Rules: F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12, F13, F14, D7
#[test]
fn go_mod_files_are_read_as_the_library_reads_them() {
    let generator = Generator::new(real_files());
    Area {
        name: "go.mod files",
        kind: "gomod",
        seed: 41,
        cases: budget::choose(3_000, 200_000),
        generate: &|random| vec![generator.file(random)],
        ours: &ours,
        good: "lax module",
    }
    .run();
}

/// The one thing in which the parsers differ on purpose.
#[test]
fn the_first_errors_of_a_hostile_file_are_those_of_the_library() {
    let text = "frobnicate x\nrequire (\n".to_owned() + &"a b c\n".repeat(MAX_ERRORS + 5) + ")\n";
    let case: Case = vec![text.into_bytes()];
    let theirs = Judge::get().ask("gomod", [&case]).remove(0);
    let strict = theirs.lines().find_map(|line| line.strip_prefix("strict error "));
    let theirs: Vec<&str> = strict.expect("it is refused").trim_matches('"').split("\\n").collect();
    assert_eq!(theirs.len(), MAX_ERRORS + 6);
    let Errors(ours) = parse_strict(&case[0]).expect_err("it is refused");
    let ours: Vec<String> = ours.iter().map(ToString::to_string).collect();
    assert_eq!(ours, theirs[..MAX_ERRORS]);
}
