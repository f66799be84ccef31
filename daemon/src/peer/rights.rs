//! Whether a user may read or write a file, by its owner, its mode and its access list, as Linux decides it.
//!
//! With an access list (acl(5)) the group's bits of the mode are the list's mask: they say what somebody may, not who.
//! Lists of other kinds, such as those of `NFSv4`, are not looked at.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What may be done with a file, as bits of one digit of its mode.
pub(super) const READ: u32 = 4;
/// See [`READ`].
pub(super) const WRITE: u32 = 2;
/// See [`READ`]; of a folder, whether one may go through it.
pub(super) const SEARCH: u32 = 1;

/// Where Linux keeps the access list of a file.
const ACL: &str = "system.posix_acl_access";

/// A list has an entry of 8 bytes for each user that it names; longer ones are not read, and give nobody rights.
const MAX_ACL: usize = 64 << 10;

/// What decides about the rights at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    owner: u32,
    group: u32,
    mode: u32,
    acl: Option<Vec<Named>>,
}

/// An entry of an access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Named {
    tag: u16,
    bits: u32,
    id: u32,
}

/// The kinds of entries, as the kernel numbers them.
const USER: u16 = 0x02;
const OWN_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;

impl Rights {
    /// The rights at `path`; a link is followed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        let mut list = vec![0; MAX_ACL];
        let acl = match rustix::fs::getxattr(path, ACL, &mut list) {
            Ok(length) => Some(parse(&list[..length]).ok_or(io::ErrorKind::InvalidData)?),
            // None there, or none on this kind of file system.
            Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { owner: file.uid(), group: file.gid(), mode: file.mode(), acl })
    }

    /// Whether a user with these groups has all of the wanted rights.
    pub(super) fn allow(&self, uid: u32, groups: &[u32], wanted: u32) -> bool {
        if uid == 0 {
            return true;
        }
        if uid == self.owner {
            return (self.mode >> 6) & wanted == wanted;
        }
        let Some(acl) = &self.acl else {
            let shift = if groups.contains(&self.group) { 3 } else { 0 };
            return (self.mode >> shift) & wanted == wanted;
        };
        let mask = acl.iter().find(|named| named.tag == MASK).map_or(7, |mask| mask.bits);
        let is_given = |named: &Named| named.bits & mask & wanted == wanted;
        if let Some(named) = acl.iter().find(|named| named.tag == USER && named.id == uid) {
            return is_given(named);
        }
        let is_of_group = |named: &&Named| match named.tag {
            OWN_GROUP => groups.contains(&self.group),
            GROUP => groups.contains(&named.id),
            _ => false,
        };
        let mut of_groups = acl.iter().filter(is_of_group).peekable();
        // One group must give all; without any, all others decide.
        if of_groups.peek().is_some() {
            of_groups.any(is_given)
        } else {
            self.mode & wanted == wanted
        }
    }
}

/// An access list as the kernel gives it: version 2, then entries of tag, rights and id.
fn parse(bytes: &[u8]) -> Option<Vec<Named>> {
    let (version, entries) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != 2 || entries.len() % 8 != 0 {
        return None;
    }
    let entry = |e: &[u8]| Named {
        tag: u16::from_le_bytes([e[0], e[1]]),
        bits: u32::from(u16::from_le_bytes([e[2], e[3]])),
        id: u32::from_le_bytes([e[4], e[5], e[6], e[7]]),
    };
    Some(entries.chunks_exact(8).map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(mode: u32) -> Rights {
        Rights { owner: 5, group: 6, mode, acl: None }
    }

    /// A list of these entries, with its mask in the mode.
    fn listed(mode: u32, acl: &[(u16, u32, u32)]) -> Rights {
        let acl =
            acl.iter().map(|(tag, bits, id)| Named { tag: *tag, bits: *bits, id: *id }).collect();
        Rights { acl: Some(acl), ..plain(mode) }
    }

    #[test]
    fn owner_group_and_others_are_told_apart_as_the_system_does() {
        assert!(plain(0o000).allow(0, &[], WRITE));
        assert!(plain(0o755).allow(5, &[6], WRITE));
        assert!(!plain(0o577).allow(5, &[6], WRITE), "the owner's rights decide for the owner");
        assert!(!plain(0o755).allow(7, &[7], WRITE));
        assert!(plain(0o2775).allow(7, &[6], WRITE | SEARCH));
        assert!(!plain(0o757).allow(7, &[6], WRITE), "the group's rights decide for a member");
        assert!(plain(0o757).allow(7, &[8], WRITE));
        assert!(!plain(0o766).allow(7, &[6], WRITE | SEARCH), "all that is wanted");
    }

    #[test]
    fn mode_of_a_file_with_an_access_list_is_its_mask() {
        // setfacl -m u:7:rwx on a folder of mode 0755: ls shows 0775, and the group may write no more than before.
        let list = [
            (1, 7, u32::MAX),
            (USER, 7, 7),
            (OWN_GROUP, 5, u32::MAX),
            (MASK, 7, u32::MAX),
            (0x20, 5, u32::MAX),
        ];
        let rights = listed(0o775, &list);
        assert!(rights.allow(7, &[], WRITE));
        assert!(!rights.allow(8, &[6], WRITE), "a member of the group");
        assert!(!rights.allow(8, &[], WRITE));
        assert!(rights.allow(8, &[6], READ | SEARCH));
        // chmod g-w takes the right from all who are named.
        let mut masked = list;
        masked[3].1 = 5;
        assert!(!listed(0o755, &masked).allow(7, &[], WRITE));
    }

    #[test]
    fn one_of_the_groups_that_are_named_must_give_all() {
        let list = [(OWN_GROUP, 4, 0), (GROUP, 2, 9), (GROUP, 7, 10), (MASK, 7, 0)];
        let rights = listed(0o777, &list);
        assert!(!rights.allow(8, &[6, 9], READ | WRITE), "two halves");
        assert!(rights.allow(8, &[6, 10], READ | WRITE));
        assert!(!rights.allow(8, &[9], READ), "others do not count for whom the list names");
        assert!(rights.allow(8, &[11], READ));
    }

    /// Asked of the system itself: another user tries. Only root can become one, so only root asks.
    #[test]
    fn system_decides_the_same_about_a_folder_with_an_access_list() {
        use std::process::Command;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let list = [
            2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0, 0xfd, 0xff, 0, 0, 4, 0, 5, 0,
            255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 5, 0, 255, 255, 255, 255,
        ];
        let set = rustix::fs::setxattr(path, ACL, &list, rustix::fs::XattrFlags::empty());
        if set == Err(rustix::io::Errno::NOTSUP) {
            assert_eq!(Rights::at(path).unwrap().acl, None, "a file system without such lists");
            return;
        }
        set.unwrap();
        let rights = Rights::at(path).unwrap();
        assert_eq!(rights.mode & 0o777, 0o775);
        let group = rights.group;
        for (uid, gid, expected) in
            [(65_533, 65_533, true), (65_532, group, false), (65_532, 65_532, false)]
        {
            assert_eq!(rights.allow(uid, &[gid], WRITE), expected, "{uid} of {gid}");
            if nix::unistd::geteuid().is_root() {
                let ids = [
                    format!("--reuid={uid}"),
                    format!("--regid={gid}"),
                    "--clear-groups".to_owned(),
                ];
                let test =
                    Command::new("setpriv").args(ids).args(["test", "-w"]).arg(path).status();
                assert_eq!(test.unwrap().success(), expected, "{uid} of {gid} by the system");
            }
        }
    }

    #[test]
    fn lists_are_read_as_the_kernel_writes_them() {
        let bytes = [2, 0, 0, 0, 2, 0, 7, 0, 0xe8, 3, 0, 0, 0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff];
        let named =
            [Named { tag: USER, bits: 7, id: 1000 }, Named { tag: MASK, bits: 5, id: u32::MAX }];
        assert_eq!(parse(&bytes).unwrap(), named);
        assert_eq!(parse(&bytes[..11]), None);
        assert_eq!(parse(&[1, 0, 0, 0]), None);
        assert_eq!(parse(&[]), None);
    }
}
