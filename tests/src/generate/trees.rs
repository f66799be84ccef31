//! Trees: a small one to begin with, and changes that one commit after the other makes.

use super::contents::{attributes, content, odd_name};
use super::dice::Dice;
use super::gomods::go_mod;
use super::plan::{Change, Files, Mode, apply};

/// What the trees of a repository may have.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    /// The module path of the root.
    pub(super) root: String,
    /// Directories that may hold modules.
    pub(super) subs: Vec<String>,
    /// Names that some rule is about.
    pub(super) odd_names: bool,
    /// Attributes.
    pub(super) attributes: bool,
    /// go.mod files that are anything but good.
    pub(super) wild: bool,
}

/// A file that is put into a tree.
pub(super) fn put(
    files: &mut Files,
    path: impl AsRef<[u8]>,
    mode: Mode,
    content: impl Into<Vec<u8>>,
) {
    let path = path.as_ref().to_vec();
    apply(files, &[Change::Put { path, mode, content: content.into() }]);
}

/// Removes a file or a directory.
pub(super) fn remove(files: &mut Files, path: &str) {
    apply(files, &[Change::Remove { path: path.as_bytes().to_vec() }]);
}

impl Habits {
    /// The tree of a first commit.
    pub(super) fn first(&self, dice: &mut Dice) -> Files {
        let mut files = Files::new();
        put(&mut files, "a.txt", Mode::File, "l1\nl2\n");
        put(&mut files, "a.go", Mode::File, "package a\n");
        if dice.percent(75) {
            let wild = self.wild && dice.percent(30);
            put(&mut files, "go.mod", Mode::File, go_mod(dice, &self.root, wild));
        }
        files
    }

    /// One change of any kind.
    pub(super) fn change(&self, dice: &mut Dice, files: &mut Files) {
        match dice.below(100) {
            0..38 => self.change_go_mod(dice, files),
            38..46 => remove(files, &self.module_file(dice).0),
            46..50 => remove(files, &dice.pick(&self.directories())),
            50..60 => self.license(dice, files),
            60..66 => self.vendor(dice, files),
            66..72 => self.nested(dice, files),
            72..80 if self.attributes => self.put_attributes(dice, files),
            80..88 if self.odd_names => self.put_odd_name(dice, files),
            88..92 => {
                let path = dice.pick(&["lnk", "sub/lnk", "d/lnk", &self.subs[0], "b.go"]);
                put(
                    files,
                    path,
                    Mode::Symlink,
                    dice.pick(&["a.txt", "../../x", "/etc/passwd", "sub", "go.mod"]),
                );
            }
            92..94 => put(files, dice.pick(&["mod", "sub/mod", &self.subs[1]]), Mode::Gitlink, ""),
            _ => self.put_file(dice, files),
        }
    }

    fn directories(&self) -> Vec<String> {
        let mut all = self.subs.clone();
        all.extend(["", "v2", "sub"].map(str::to_owned));
        all
    }

    /// The place of a go.mod, and the module path that belongs there.
    fn module_file(&self, dice: &mut Dice) -> (String, String) {
        let root = &self.root;
        let sub = dice.pick(&self.subs);
        match dice.below(12) {
            0..3 => ("go.mod".to_owned(), root.clone()),
            3..5 => ("go.mod".to_owned(), format!("{root}/v2")),
            5..7 => ("v2/go.mod".to_owned(), format!("{root}/v2")),
            7 => ("v3/go.mod".to_owned(), format!("{root}/v3")),
            8 | 9 => (format!("{sub}/go.mod"), format!("{root}/{sub}")),
            10 => (format!("{sub}/go.mod"), format!("{root}/{sub}/v2")),
            _ => (format!("{sub}/v2/go.mod"), format!("{root}/{sub}/v2")),
        }
    }

    fn change_go_mod(&self, dice: &mut Dice, files: &mut Files) {
        let (place, path) = self.module_file(dice);
        let text = go_mod(dice, &path, self.wild);
        match dice.below(100) {
            0..4 => {
                let link = format!("module {path}");
                put(
                    files,
                    place,
                    Mode::Symlink,
                    dice.pick(&[link.as_str(), "v2/go.mod", "sub/go.mod"]),
                );
            }
            4 => put(files, format!("{place}/x"), Mode::File, "y"),
            5 => put(files, place, Mode::Gitlink, ""),
            6..20 => put(files, place, Mode::Executable, text),
            _ => put(files, place, Mode::File, text),
        }
    }

    fn license(&self, dice: &mut Dice, files: &mut Files) {
        let sub = &self.subs[0];
        let mut places = vec![
            "LICENSE".to_owned(),
            "sub/LICENSE".to_owned(),
            "v2/LICENSE".to_owned(),
            format!("{sub}/LICENSE"),
        ];
        if self.odd_names {
            places.extend(["license", "LICENSE/x", "LICENSE.md"].map(str::to_owned));
            places.extend(["license", "License", "LICENSE/y"].map(|name| format!("{sub}/{name}")));
        }
        let mode =
            dice.pick(&[Mode::File, Mode::File, Mode::File, Mode::Symlink, Mode::Executable]);
        let mut text = if dice.percent(60) { b"lic\n".to_vec() } else { content(dice) };
        text.push(b'z');
        text.retain(|byte| *byte != 0);
        put(files, dice.pick(&places), mode, text);
    }

    fn vendor(&self, dice: &mut Dice, files: &mut Files) {
        const VENDORED: [&str; 12] = [
            "vendor/modules.txt",
            "vendor/f.go",
            "vendor/a/b.go",
            "vendor/a/go.mod",
            "p/vendor/f.go",
            "p/vendor/a/f.go",
            "p/vendor/modules.txt",
            "xvendor/a/b.go",
            "vendor/vendor/x",
            "Vendor/a/b.go",
            "vendor/x/vendor/y.go",
            "vendor/go.mod",
        ];
        let below =
            dice.pick(&["", "", &format!("{}/", self.subs[0]), "p/", "v2/", "sub/"]).to_owned();
        for path in dice.some(&VENDORED, 4) {
            put(files, format!("{below}{path}"), Mode::File, content(dice));
        }
    }

    fn nested(&self, dice: &mut Dice, files: &mut Files) {
        let sub = &self.subs[0];
        let places = [
            "x/GO.MOD".to_owned(),
            "y/Go.mod".to_owned(),
            "x/go.mod".to_owned(),
            format!("{sub}/n/go.mod"),
            "GO.MOD".to_owned(),
            format!("{sub}/Go.Mod"),
            "x/y/go.MOD".to_owned(),
            "n/go.mod/f".to_owned(),
        ];
        let mode = dice.pick(&[Mode::File, Mode::File, Mode::File, Mode::Symlink, Mode::Gitlink]);
        put(
            files,
            dice.pick(&places),
            mode,
            if mode == Mode::Gitlink { "" } else { "module nest\n" },
        );
        for path in ["x/f.go", "y/f.go", "n/f.go"] {
            if dice.percent(30) {
                put(files, path, Mode::File, content(dice));
            }
        }
    }

    /// A `.gitattributes` file somewhere.
    pub(super) fn put_attributes(&self, dice: &mut Dice, files: &mut Files) {
        let below = dice
            .pick(&["", "", "", "sub/", "d/", &format!("{}/", self.subs[0]), "v2/", "d/d/"])
            .to_owned();
        let name = if dice.percent(5) { ".GITATTRIBUTES" } else { ".gitattributes" };
        let mode = match dice.below(14) {
            0 => Mode::Symlink,
            1 => Mode::Executable,
            _ => Mode::File,
        };
        put(files, format!("{below}{name}"), mode, attributes(dice));
    }

    /// A file whose name some rule is about.
    pub(super) fn put_odd_name(&self, dice: &mut Dice, files: &mut Files) {
        let mut path =
            dice.pick(&["", "", &format!("{}/", self.subs[0]), "x/", "v2/"]).as_bytes().to_vec();
        path.extend(odd_name(dice));
        let mode = if dice.percent(20) { Mode::Symlink } else { Mode::File };
        put(files, path, mode, if mode == Mode::Symlink { b"z".to_vec() } else { content(dice) });
    }

    fn put_file(&self, dice: &mut Dice, files: &mut Files) {
        const PLACES: [&str; 11] = [
            "a.txt",
            "b.txt",
            "a.go",
            "c.bin",
            "d/a.txt",
            "d/d/b.txt",
            "sub/a.txt",
            "sub/c.bin",
            "v2/a.txt",
            "a b.txt",
            "sub/deep/a.go",
        ];
        let mode = if dice.percent(14) { Mode::Executable } else { Mode::File };
        put(files, dice.pick(&PLACES), mode, content(dice));
    }
}
