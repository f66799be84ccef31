//! Tag names: what a tag releases is found again by its name.

use modgate_common::tags::{Module, looks_like_release, releases};
use modgate_common::{module, pseudo, version};

/// The input is the module path of a repository, and after a blank the name of a tag.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (code_root, tag) = super::split_at(&text, ' ');
    for name in [tag, &text] {
        for release in releases(code_root, name) {
            assert_eq!(release.module.tag(&release.version), name, "{release:?}");
            assert_eq!(
                Module::locate(code_root, &release.module.path).as_ref(),
                Some(&release.module)
            );
            assert!(looks_like_release(name), "a release that does not look like one: {name:?}");
            assert!(!pseudo::is_pseudo(&release.version), "{release:?}");
            let canonical = version::canonical_version(&release.version);
            assert_eq!(canonical.as_deref(), Some(&*release.version));
            if module::check_path(&release.module.path).is_ok() {
                assert_eq!(module::check(&release.module.path, &release.version), Ok(()));
            }
        }
    }
}
