//! go.mod files: good ones, and everything that the go command's two readers treat in some special way.
//!
//! In a form, `P` stands for the module path, `W` for a wrong one, `G` for a go directive and `R` for retractions.

use super::dice::Dice;

/// Versions that retractions name.
const RETRACTED: [&str; 20] = [
    "v0.1.0",
    "v0.2.0",
    "v1.0.0",
    "v1.1.0",
    "v1.2.3",
    "v1.0.0-rc.1",
    "v2.0.0",
    "v2.1.0",
    "v0.0.0",
    "v3.0.0",
    "v1",
    "v1.2",
    "v2.0.0+incompatible",
    "v1.0.1+meta",
    "main",
    "v9.9.9",
    "\"v1.0.0\"",
    "`v1.0.0`",
    "V1.0.0",
    "v0.0.0-20231114221640-abcdefabcdef",
];

const ODD_RETRACTIONS: [&str; 11] = [
    "retract\n",
    "retract v1.0.0 v1.1.0\n",
    "retract [v1.0.0 v1.1.0]\n",
    "retract [v1.0.0, v1.1.0\n",
    "retract ()\n",
    "retract []\n",
    "retract (\n)\n",
    "retract[v1.0.0, v1.2.0]\n",
    "retract [v1.0.0,v1.2.0] // x\n",
    "retract ( v1.0.0 )\n",
    "retract [v1.2.0, v1.0.0]\n",
];

const GO_LINES: [&str; 12] = [
    "",
    "",
    "go 1.21\n",
    "go 1.21\n",
    "go 1.24\n",
    "go 1.23.9\n",
    "go 1.24rc1\n",
    "go 1.16\n",
    "go 1.24.x\n",
    "go v1.24\n",
    "go 1.25.0\n",
    "go 1\n",
];

const FORMS: [&str; 88] = [
    "module P\r\n\r\ngo 1.21\r\n",
    "// head\n\n// Deprecated: no\nmodule P // tail\n\nGR",
    "module (\n\tP\n)\nG",
    "module \"P\"\nG",
    "module `P`\n",
    "module W\nG",
    "module W\nR",
    "module W\n",
    "",
    "\n",
    "// nothing\n",
    "go 1.21\n",
    "module\n",
    "module P\nmodule P\n",
    "module P junk\n",
    "\u{feff}module P\n",
    "Module P\n",
    "  module\tP  \n",
    "go 1.20\nRmodule P\n",
    "module P\nfoo bar\n",
    "module P\n)\n",
    "module P\n(\n",
    "require (\n\tmodule v1.0.0\n)\nmodule P\n",
    "module P\nexclude x.test/x v1.0.0\nreplace x.test/x => ../x\n",
    "module P\nexclude x.test/x v1\n",
    "module P\nreplace x.test/x\n",
    "module P\ntool ./x\nignore ./y\ngodebug a=b\ntoolchain go1.21.0\n",
    "module P\ntoolchain x\n",
    "module P\ngo 1.21 1.22\n",
    "module P\ngo\n",
    "module P\ngo 1.99\n",
    "module P\ngo 1.18\ngo 1.24\n",
    "module P\ngo (\n 1.24\n)\n",
    "module P /* c */\n",
    "module P\n/* c */\n",
    "module P\n\0\n",
    "module \"P\n",
    "module \"P\"x\n",
    "module P\\\n",
    "module P;\n",
    "module P //x\r\ngo 1.24\r\n",
    "module P\nrequire x v1\n",
    "module P\nrequire x.test/x\n",
    "module P\n\nrequire (\n",
    "module P\rgo 1.24\n",
    "module 'P'\n",
    "module=P\n",
    "module,P\n",
    "module P,\n",
    "module\u{a0}P\n",
    "module\u{b}P\n",
    "module P\u{a0}\n",
    "module //P\nmodule P\n",
    "module(\nP\n)\n",
    "module ( P )\n",
    "module (\n)\n",
    "module \"\"\n",
    "module [P]\n",
    "module P\nfoo (\n\tbar\n)\n",
    "module P\n\"foo\" bar\n",
    "\"module\" P\n",
    "module P\n=> x\n",
    "module P\n[a, b]\n",
    "module P\nretract v1.0.0\nretract bad\n",
    "module P\ngo 1.24",
    "module P\nGRR",
    "module P\nGR",
    "module P\nR",
    "module P\n// caf\u{e9}\n",
    "module \"\\x78P\"\n",
    "module P // v2 \n\nG",
    "// module W\nmodule P\n",
    "/*\nmodule W\n*/\nmodule P\n",
    "module P\nmodule W\n",
    "module W\nmodule P\n",
    "module P\n\nrequire x.test/y v1.2.3 // indirect\n",
    "module P\n\nrequire x.test/y/v2 v1.2.3\n",
    "module P\n\nrequire x.test/y v2.0.0\n",
    "module P\n\nrequire x.test/y v2.0.0+incompatible\n",
    "module P\n\nrequire x.test/y v0.0.0-20231114221640-abcdefabcdef\n",
    "module P\n\ngo 1.17\n\nrequire (\n\tx.test/y v1.0.0\n)\n",
    "module P\n\n// Deprecated: use W.\n",
    "module   \"P\"  // c\n",
    "module P\\\n\n",
    "module P\n\ngo 1.24.0\n\ntoolchain go1.24.1\n",
    "module P\n\ngo 1.21\ntoolchain default\n",
    "module P\nunknown directive\nR",
    "module \t \n",
];

/// A go.mod for the module path: mostly good, or any of the above where `wild`.
pub fn go_mod(dice: &mut Dice, path: &str, wild: bool) -> Vec<u8> {
    let go = dice.pick(&GO_LINES);
    let form = match dice.below(100) {
        _ if wild && dice.percent(40) => dice.pick(&FORMS),
        0..25 => "module P\n\nGR",
        25..75 => "module P\n\nG",
        _ => "module P\n",
    };
    fill(dice, form, path, go)
}

fn fill(dice: &mut Dice, form: &str, path: &str, go: &str) -> Vec<u8> {
    let mut text = Vec::new();
    for letter in form.chars() {
        match letter {
            'P' => text.extend(path.as_bytes()),
            'W' => text.extend(wrong(dice, path).as_bytes()),
            'G' => text.extend(go.as_bytes()),
            'R' => text.extend(retractions(dice).as_bytes()),
            'é' => text.push(0xe9), // not UTF-8
            other => text.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    text
}

/// Retractions as they are mostly written, and a few that are wrong.
pub fn retractions(dice: &mut Dice) -> String {
    if dice.percent(50) {
        return retract_range(dice);
    }
    let one = |dice: &mut Dice| dice.pick(&RETRACTED);
    let (low, high) = (one(dice), one(dice));
    match dice.below(10) {
        0..4 => format!("retract {low}{}\n", dice.pick(&["", " // bad"])),
        4..7 => format!("retract [{low},{}{high}]\n", dice.pick(&[" ", ""])),
        7..9 => format!("retract (\n\t{} // why\n\t[{low}, {high}]\n)\n", one(dice)),
        _ => dice.pick(&ODD_RETRACTIONS).to_owned(),
    }
}

/// Versions that a repository is likely to have, in their order.
const IN_ORDER: [&str; 14] = [
    "v0.1.0",
    "v0.1.1",
    "v0.2.0",
    "v0.3.0",
    "v0.5.0",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.0.1",
    "v1.1.0",
    "v1.2.3",
    "v2.0.0",
    "v2.0.1",
    "v2.1.0",
    "v3.0.0",
];

/// A range that surely has something in it.
fn retract_range(dice: &mut Dice) -> String {
    let (one, other) = (dice.below(IN_ORDER.len()), dice.below(IN_ORDER.len()));
    format!("retract [{}, {}]\n", IN_ORDER[one.min(other)], IN_ORDER[one.max(other)])
}

fn wrong(dice: &mut Dice, path: &str) -> String {
    let suffixes =
        ["/v2", "/v3", "/v1", "/v0", "/v02", "/v2.0", "/", ".v2", "/v2/", "//a", "x", "/sub"];
    let others =
        ["x.test/other", "gopkg.in/x.v2", "gopkg.in/x.v1", "x", "rsc.io/q/v2", "-x", "x.test/a/v2"];
    match dice.below(10) {
        0..5 => path.to_owned() + dice.pick(&suffixes),
        5..8 => dice.pick(&others).to_owned(),
        8 => path.to_uppercase(),
        _ => path.rsplit_once('/').map_or("x.test", |(above, _)| above).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, FORMS, go_mod};

    #[test]
    fn wild_files_have_every_form_and_tame_ones_declare_their_module() {
        let mut dice = Dice::new(1);
        let wild: std::collections::BTreeSet<_> =
            (0..4000).map(|_| go_mod(&mut dice, "x.test/a", true)).collect();
        assert!(wild.len() > FORMS.len(), "{}", wild.len());
        assert!(wild.contains(&b"Module x.test/a\n"[..]) && wild.contains(&b""[..]));
        for _ in 0..100 {
            assert!(go_mod(&mut dice, "x.test/a", false).starts_with(b"module x.test/a\n"));
        }
    }
}
