//! go.mod: what lax mode reads of a file that strict mode accepts is the same, and what was read can be written and
//! read again.

use std::fmt::Write as _;

use modgate_common::gomod::{
    Errors, File, Position, Retract, module_line, parse_lax, parse_strict,
};
use modgate_common::quote::quote;

/// The input is a go.mod.
pub(crate) fn check(input: &[u8]) {
    let scanned = module_line(input);
    assert!(
        !scanned.contains('\n') || input.contains(&b'"'),
        "only escapes make line ends: {scanned:?}"
    );
    let (lax, strict) = (parse_lax(input), parse_strict(input));
    for errors in [&lax, &strict].into_iter().filter_map(|outcome| outcome.as_ref().err()) {
        check_errors(input, errors);
    }
    // One comment may serve many retractions of a block, and is written for each.
    let length = |file: &File| file.retract.iter().map(|r| r.rationale.len()).sum::<usize>();
    if lax.as_ref().is_ok_and(|file| length(file) > 4 * input.len() + (64 << 10)) {
        return;
    }
    if let Ok(strict) = strict {
        let lax = lax.expect("lax mode accepts what strict mode accepts");
        assert_eq!(lax, as_lax(strict.clone()));
        let written = write(&strict);
        let again = parse_strict(written.as_bytes());
        assert_eq!(again.map(without_positions), Ok(without_positions(strict)), "{written}");
    } else if let Ok(lax) = lax {
        let written = write(&lax);
        let again = parse_lax(written.as_bytes()).map(without_positions);
        assert_eq!(again, Ok(without_positions(lax)), "{written}");
    }
}

/// Errors stand inside the file, in order.
fn check_errors(input: &[u8], Errors(errors): &Errors) {
    let lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(!errors.is_empty());
    assert!(errors.windows(2).all(|pair| pair[0].position <= pair[1].position), "{errors:?}");
    for error in errors {
        let Position { line, column } = error.position;
        assert!((1..=lines).contains(&(line as usize)) && column >= 1, "{error:?}");
        assert!(error.to_string().starts_with("go.mod:"));
    }
}

/// What lax mode keeps of a file.
fn as_lax(file: File) -> File {
    let File { module, go, require, retract, ignore, .. } = file;
    File { module, go, require, retract, ignore, ..File::default() }
}

const NOWHERE: Position = Position { line: 1, column: 1 };

fn without_positions(mut file: File) -> File {
    let positions = (file.module.iter_mut().map(|m| &mut m.position))
        .chain(file.go.iter_mut().map(|g| &mut g.position))
        .chain(file.toolchain.iter_mut().map(|t| &mut t.position))
        .chain(file.require.iter_mut().map(|r| &mut r.position))
        .chain(file.retract.iter_mut().map(|r| &mut r.position))
        .chain(file.ignore.iter_mut().map(|i| &mut i.position))
        .chain(file.exclude.iter_mut().map(|e| &mut e.position))
        .chain(file.replace.iter_mut().map(|r| &mut r.position))
        .chain(file.tool.iter_mut().map(|t| &mut t.position))
        .chain(file.godebug.iter_mut().map(|g| &mut g.position));
    positions.for_each(|position| *position = NOWHERE);
    // The version as it was written is not what is written again.
    file.require.iter_mut().for_each(|require| require.written.clone_from(&require.version));
    file
}

/// A go.mod that says the same, every text in quotes.
fn write(file: &File) -> String {
    let mut text = String::new();
    if let Some(module) = &file.module {
        if let Some(message) = &module.deprecated {
            comment(&mut text, &format!("Deprecated: {message}"));
        }
        line(&mut text, &["module", &quote(&module.path)]);
    }
    if let Some(go) = &file.go {
        line(&mut text, &["go", &go.version]);
    }
    if let Some(toolchain) = &file.toolchain {
        line(&mut text, &["toolchain", &toolchain.name]);
    }
    for require in &file.require {
        let mark = if require.indirect { "// indirect" } else { "" };
        line(&mut text, &["require", &quote(&require.path), &quote(&require.version), mark]);
    }
    for exclude in &file.exclude {
        line(&mut text, &["exclude", &quote(&exclude.path), &quote(&exclude.version)]);
    }
    write_replacements(&mut text, file);
    file.retract.iter().for_each(|retract| write_retraction(&mut text, retract));
    file.tool.iter().for_each(|tool| line(&mut text, &["tool", &quote(&tool.path)]));
    file.ignore.iter().for_each(|ignore| line(&mut text, &["ignore", &quote(&ignore.path)]));
    for godebug in &file.godebug {
        line(&mut text, &["godebug", &format!("{}={}", godebug.key, godebug.value)]);
    }
    text
}

fn write_replacements(text: &mut String, file: &File) {
    for replace in &file.replace {
        let old = replace.old_version.as_ref().map(quote).unwrap_or_default();
        let new = replace.new_version.as_ref().map(quote).unwrap_or_default();
        line(
            text,
            &["replace", &quote(&replace.old_path), &old, "=>", &quote(&replace.new_path), &new],
        );
    }
}

fn write_retraction(text: &mut String, Retract { low, high, rationale, .. }: &Retract) {
    if !rationale.is_empty() {
        comment(text, rationale);
    }
    let (low, high) = (quote(low), quote(high));
    if low == high {
        line(text, &["retract", &low]);
    } else {
        line(text, &["retract [", &low, ",", &high, "]"]);
    }
}

/// Comments above what follows.
fn comment(text: &mut String, comment: &str) {
    for line in comment.split('\n') {
        let _ = writeln!(text, "// {line}");
    }
}

fn line(text: &mut String, words: &[&str]) {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    let _ = writeln!(text, "{}", words.join(" "));
}
