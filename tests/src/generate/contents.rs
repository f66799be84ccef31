//! Contents and names of files, and attributes: what changes which bytes are in a zip, or whether there is one.

use super::dice::Dice;

const CONTENTS: [&[u8]; 28] = [
    b"l1\nl2\n",
    b"l1\r\nl2\n",
    b"l1\0\nl2\n",
    b"x\ny",
    b"",
    b"$Id$ a\n$Id: old $\n$Id: two words x $ $Id:x$ $Id",
    "h\u{e9}llo \u{20ac}\n\u{65e5}\u{672c}\n".as_bytes(),
    "h\u{e9}\n".as_bytes(),
    b"\xff\xfe\n",
    b"a\rb\n",
    b"\r\n\r\n",
    b"a\n\x1a",
    b"\x01\x02\x03ab\n",
    b"$Id: $\n$Id:$\n$Id: a\n$\n$Id: x y$\n$Id:  x $\n",
    b"$I\n$Id\n$Ident$\n$$Id$$\n",
    b"version https://git-lfs.github.com/spec/v1\n",
    "\u{feff}bom\n".as_bytes(),
    b"\r",
    b"\n",
    b"$Id$\r\n$Id: x$\r\n",
    b"\n\n\r\n",
    b"package a\n",
    b"package a\n\nconst A = 1\n",
    b"$Id$",
    b"a\0$Id$\n",
    b"$Format:%H$\n",
    b"\xe9t\xe9\n",
    b"\xff\xfea\0\n\0",
];

/// Some content.
pub fn content(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.pick(&CONTENTS).to_vec();
    if dice.percent(30) {
        bytes.extend(format!("{}\n", dice.below(1000)).as_bytes());
    }
    bytes
}

const NAMES: [&[u8]; 90] = [
    b"caf\xc3\xa9.txt",
    b"cafe\xcc\x81.txt",
    b"a b.txt",
    b"a~1",
    b"x~1.go",
    b"foo.",
    b"...",
    b"aux",
    b"AUX.go",
    b"con/x",
    b"nul.txt",
    b"com1",
    b"COM0",
    b"\xff.txt",
    b"a:b",
    b"a*b",
    b"a\\b",
    b"a\nb",
    b"A.txt",
    b"a.TXT",
    b"\xe2\x84\xaa.txt",
    b"k.txt",
    b"K.txt",
    b"\xf0\x9f\x98\x80",
    b"\xe6\x97\xa5.go",
    b"-x",
    b"'q",
    b"`",
    b"!x",
    b"#x",
    b"@x",
    b"a+b",
    b"a,b",
    b"[a]",
    b"{a}",
    b"^",
    b"~",
    b"=",
    b"\xc2\xa0",
    b"..x",
    b" ",
    b"x ",
    b".x",
    b"_",
    b"\xc3\x9f.txt",
    b"ss.txt",
    b"\xe1\xba\x9e.txt",
    b"\xce\xbc.txt",
    b"\xc2\xb5.txt",
    b"conin$",
    b"lpt9.x.y",
    b"prn ",
    b"git~1",
    b".hg_archival.txt",
    b"Go.mod",
    b"D/a.txt",
    b"D/x",
    b"d",
    b"\xd9\xa3.txt",
    b"\xe2\x85\xa3.txt",
    b"\xc4\xb0.txt",
    b"i.txt",
    b"I.txt",
    b"\xc5\xbf.txt",
    b"s.txt",
    b"\xed\xa0\x80",
    b"a\tb",
    b"\x7f",
    b"COM\xc2\xb9",
    b"aux~1",
    b".,",
    b"$x",
    b"%",
    b"&",
    b"(",
    b")",
    b";",
    b"<",
    b"|",
    b"?",
    b".gitmodules",
    b".gitignore",
    b"A.GO",
    b"a.go/x",
    b"_/x",
    b"testdata/x",
    b"internal/x",
    b"\xcf\x82.txt",
    b"\xcf\x83.txt",
    b"\"",
];

/// A name that some rule is about.
pub fn odd_name(dice: &mut Dice) -> Vec<u8> {
    dice.pick(&NAMES).to_vec()
}

const PATTERNS: [&str; 36] = [
    "*",
    "*",
    "*.txt",
    "*.go",
    "a.txt",
    "/a.txt",
    "sub/*",
    "sub/**",
    "**/b.txt",
    "\"a b.txt\"",
    "\"\\141.txt\"",
    "[ab].txt",
    "*.[ch]",
    "!*.go",
    "sub/",
    "go.mod",
    "LICENSE",
    "v2/*.txt",
    "*.bin",
    "?.txt",
    "sub/*.txt",
    "a.tx[!a]",
    "**",
    "/**/a.txt",
    "d/**/a.txt",
    "[[:alpha:]].txt",
    "\\a.txt",
    "A.TXT",
    "*b.txt",
    "[a-c]*",
    "*/a.txt",
    "**/d/*",
    "a.txt\\",
    "sub/go.mod",
    "[]a].txt",
    "sub",
];

const ATTRIBUTES: [&str; 47] = [
    "text",
    "-text",
    "text=auto",
    "eol=crlf",
    "text eol=crlf",
    "text=auto eol=crlf",
    "ident",
    "-ident",
    "!text",
    "!eol",
    "eol=lf",
    "binary",
    "-binary",
    "!binary",
    "crlf",
    "-crlf",
    "crlf=input",
    "crlf=auto eol=crlf",
    "working-tree-encoding=UTF-16LE",
    "working-tree-encoding=UTF-16",
    "working-tree-encoding=ISO-8859-1",
    "working-tree-encoding=latin1 eol=crlf",
    "working-tree-encoding=utf8",
    "working-tree-encoding=UTF-16LE-BOM text",
    "working-tree-encoding=bogus",
    "-working-tree-encoding",
    "export-ignore",
    "export-subst",
    "filter=lfs",
    "mymac",
    "-mymac",
    "!mymac",
    "ident eol=crlf text",
    "mymac=x",
    "other",
    "ident=x",
    "text=input eol=crlf",
    "eol=CRLF",
    "eol",
    "working-tree-encoding=SHIFT_JIS",
    "working-tree-encoding=UTF-32BE",
    "working-tree-encoding=windows-1252 ident",
    "working-tree-encoding=",
    "ident text=auto",
    "diff=go",
    "m2",
    "-eol",
];

/// A `.gitattributes` file.
pub fn attributes(dice: &mut Dice) -> Vec<u8> {
    let mut lines = Vec::new();
    if dice.percent(30) {
        let meaning = ["text eol=crlf", "ident", "-text", "binary", "eol=crlf", "!text eol=crlf"];
        lines.push(format!("[attr]mymac {}", dice.pick(&meaning)));
    }
    for (chance, line) in [(10, "[attr]binary ident"), (10, "[attr]m2 mymac ident")] {
        if dice.percent(chance) {
            lines.push(line.to_owned());
        }
    }
    for _ in 0..=dice.below(5) {
        let before = dice.pick(&["", "", "", " ", "# "]);
        let pattern = dice.pick(&PATTERNS);
        let space = dice.pick(&[" ", "\t", "  "]);
        let count = dice.pick(&[1, 1, 2]);
        lines.push(format!("{before}{pattern}{space}{}", dice.some(&ATTRIBUTES, count).join(" ")));
    }
    if dice.percent(1) {
        lines.push("* working-tree-encoding".to_owned());
    }
    if dice.percent(3) {
        lines.push(format!("* text eol=crlf {}", "x".repeat(dice.pick(&[2020, 2030, 2048]))));
    }
    let end = dice.pick(&["\n", "\n", "\n", "\r\n"]);
    let start = if dice.percent(7) { "\u{feff}" } else { "" };
    let last = dice.pick(&[end, end, ""]);
    format!("{start}{}{last}", lines.join(end)).into_bytes()
}
