//! Refs of a generated repository: versions of all shapes, branches that look like versions or commits, and what is hidden.

use super::dice::Dice;
use super::history::{Flavour, head};
use super::plan::{Id, Plan, Target};

const VERSIONS: [&str; 14] = [
    "v0.1.0",
    "v0.1.1",
    "v0.2.0-rc.1",
    "v1.0.0",
    "v1.0.1",
    "v1.1.0",
    "v1.2.3",
    "v1.0.0-rc.1",
    "v2.0.0",
    "v2.0.1",
    "v2.1.0",
    "v2.1.0-rc.1",
    "v3.0.0",
    "v3.1.0",
];

const ODD_VERSIONS: [&str; 40] = [
    "v1.0.0+meta",
    "v1.0.1+meta",
    "v1.3.0+a.b",
    "v2.0.0+incompatible",
    "v2.2.0+incompatible",
    "v1",
    "v1.2",
    "v2",
    "V1.0.0",
    "1.0.0",
    "v1.0.0-",
    "v01.0.0",
    "v1.2.3.4",
    "v1.5.0-0",
    "v1.5.0--",
    "v0.99999999999999999999.0",
    "v10.0.0",
    "v2.0.0-beta",
    "v0.0.0",
    "v1.0.0-0",
    "v1.0.0-alpha.0",
    "v0.0.0-20231114221640-abcdefabcdef",
    "v1.0.1-0.20231114221640-abcdefabcdef",
    "v1.0.0-20200101000000-abcdefabcdef",
    "v2.0.0-20200101000000-abcdefabcdef",
    "v1.0.0-pre.0.20231114221640-abcdefabcdef",
    "v1.0.0-RC1",
    "v1.0.0-con",
    "v2.5.0+meta",
    "v4.0.0",
    "v1.4.0-0.0",
    "v1.99.0+incompatible",
    "v2.0.0-pre+incompatible",
    "v0.0.1-0.{1:time}-{1:12}",
    "v0.0.0-{1:time}-{1:12}",
    "v1.1.0-rc.10",
    "v1.1.0-rc.2",
    "v1.0.0+incompatible",
    "v0.5.0+meta",
    "v2.1.1-0.20231114221640-abcdefabcdef",
];

const BRANCHES: [&str; 34] = [
    "dev",
    "v1.0.0",
    "v1.5.0",
    "v2.0.0",
    "v1",
    "release/x",
    "HEAD",
    "abcdef1",
    "deadbeefcafe",
    "v1.0.0+meta",
    "sub/v1.0.0",
    "latest2",
    "x.zip",
    "x+y",
    "V1",
    "b,c",
    "caf\u{e9}",
    "main2",
    "v0.0.0-20231114221640-abcdefabcdef",
    "a@b",
    "x.y.info",
    "con",
    "1.2.3",
    "v3.0.0+incompatible",
    "x!y",
    "heads/main",
    "v1.9.9-0",
    "a%b",
    "a#b",
    "a&b",
    "b=1",
    "x$",
    "latest",
    "upgrade",
];

const OTHER_TAGS: [&str; 17] = [
    "nonver",
    "release-1",
    "HEAD",
    "abcdef1",
    "deadbeef",
    "main",
    "dev",
    "latest",
    "sub/x",
    "x@y",
    "caf\u{e9}",
    "a,b",
    "v1.0.0\u{e9}",
    "refs/tags/v1.0.0",
    "a.info",
    "x+y",
    "Release-1",
];

const UNSEEN: [&str; 4] =
    ["refs/pull/1/head", "refs/notes/commits", "refs/changes/01/1/1", "refs/remotes/origin/x"];

/// Gives the repository its refs, HEAD and configuration.
pub(super) fn add(
    dice: &mut Dice,
    plan: &mut Plan,
    flavour: Flavour,
    subs: &[String],
    tips: &[Id],
) {
    let tip = tips.last().copied().unwrap_or(1);
    let main = if dice.percent(80) { tip } else { any(dice, plan) };
    name(plan, "refs/heads/main".to_owned(), Target::Commit(main));
    add_branches(dice, plan);
    if flavour.is_line() {
        for id in plan.commits.iter().map(|commit| commit.id).collect::<Vec<_>>() {
            name(plan, format!("refs/tags/v0.{id}.0"), Target::Commit(id));
            name(plan, format!("refs/tags/sub/v0.{id}.0"), Target::Commit(id));
        }
    }
    add_tags(dice, plan, flavour, subs);
    for unseen in UNSEEN {
        if dice.percent(20) {
            let id = any(dice, plan);
            name(plan, unseen.to_owned(), Target::Commit(id));
        }
    }
    if dice.percent(5) {
        name(plan, "refs/heads/sym".to_owned(), Target::Symbolic("refs/heads/main".to_owned()));
    }
    if dice.percent(4) {
        name(plan, "refs/tags/v1.7.0".to_owned(), Target::Symbolic("refs/heads/main".to_owned()));
    }
    plan.head = head(dice, plan);
    if dice.percent(6) {
        let key = dice.pick(&["transfer.hideRefs", "uploadpack.hideRefs"]).to_owned();
        let hidden = [
            "refs/tags/v1.0.0",
            "refs/heads/dev",
            "refs/tags/sub",
            "refs/tags",
            "refs/heads",
            "HEAD",
        ];
        plan.config.push((key, dice.pick(&hidden).to_owned()));
    }
}

fn add_branches(dice: &mut Dice, plan: &mut Plan) {
    let count = dice.below(6);
    for branch in dice.some(&BRANCHES, count) {
        let id = any(dice, plan);
        name(plan, format!("refs/heads/{branch}"), Target::Commit(id));
    }
    if dice.percent(8) {
        let (like, id) = (any(dice, plan), any(dice, plan));
        let digits = dice.pick(&[7, 12, 40]);
        name(plan, format!("refs/heads/{{{like}:{digits}}}"), Target::Commit(id));
    }
}

fn add_tags(dice: &mut Dice, plan: &mut Plan, flavour: Flavour, subs: &[String]) {
    let mut prefixes: Vec<String> =
        ["", "", "", "", "v2/", "sub/", "nodir/"].map(str::to_owned).into();
    prefixes.extend(subs.iter().map(|sub| format!("{sub}/")));
    let mut tags = Vec::new();
    let count = match flavour {
        Flavour::Incompatible | Flavour::Layouts => 14,
        _ if flavour.is_line() => 2,
        _ => dice.pick(&[0, 1, 2, 4, 6, 8, 10, 14]),
    };
    for _ in 0..count {
        let odd = dice.percent(if flavour == Flavour::Layouts { 15 } else { 50 });
        let version = if odd { dice.pick(&ODD_VERSIONS) } else { dice.pick(&VERSIONS) };
        let prefix = if flavour == Flavour::Incompatible && dice.percent(80) {
            String::new()
        } else {
            dice.pick(&prefixes)
        };
        tags.push(prefix + version);
    }
    let count = dice.pick(&[0, 0, 1, 2, 3]);
    tags.extend(dice.some(&OTHER_TAGS, count).into_iter().map(str::to_owned));
    if dice.percent(10) {
        let (like, digits) = (any(dice, plan), dice.pick(&[7, 8, 12, 40]));
        tags.push(format!("{{{like}:{digits}}}"));
    }
    add_retracting_tag(dice, plan);
    let odd_objects = dice.percent(6);
    for tag in tags {
        let target = target(dice, plan, odd_objects);
        name(plan, format!("refs/tags/{tag}"), target);
    }
}

/// A version above most others whose go.mod retracts something: only the newest one's retractions count.
fn add_retracting_tag(dice: &mut Dice, plan: &mut Plan) {
    let retracts = |id: &Id| {
        let files = plan.files(*id);
        let go_mod = files.get(&b"go.mod"[..]).map_or(&b""[..], |(_, text)| text);
        go_mod.windows(8).any(|word| word == b"\nretract")
    };
    let ids: Vec<Id> = plan.commits.iter().map(|commit| commit.id).filter(retracts).collect();
    if !ids.is_empty() && dice.percent(60) {
        name(plan, "refs/tags/v1.9.0".to_owned(), Target::Commit(dice.pick(&ids)));
    }
}

/// Mostly a commit, often behind a tag object or two; a tree or a blob where there may be one.
fn target(dice: &mut Dice, plan: &Plan, odd_objects: bool) -> Target {
    let id = any(dice, plan);
    let mut target = match dice.below(20) {
        0 | 1 if odd_objects => Target::Tree(id),
        2 if odd_objects => match plan.files(id).keys().next() {
            Some(path) => Target::Blob(id, path.clone()),
            None => Target::Commit(id),
        },
        _ => Target::Commit(id),
    };
    for chance in [33, 25, 25] {
        if !dice.percent(chance) {
            break;
        }
        target = Target::Tag(Box::new(target));
    }
    target
}

fn any(dice: &mut Dice, plan: &Plan) -> Id {
    dice.pick(&plan.commits).id
}

/// Adds a ref, unless git could not keep it beside the others.
fn name(plan: &mut Plan, name: String, target: Target) {
    let apart = |other: &String| {
        !other.starts_with(&format!("{name}/"))
            && !name.starts_with(&format!("{other}/"))
            && *other != name
    };
    if is_ref_name(&name) && plan.refs.keys().all(apart) {
        plan.refs.insert(name, target);
    }
}

/// What `git check-ref-format` asks of the names that are made here; braces are placeholders.
fn is_ref_name(name: &str) -> bool {
    let wrong = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.split('/').any(wrong)
}
