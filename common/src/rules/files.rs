//! Files that make the zip impossible (20.7).

use super::table::{Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Files of the module", rules: RULES };

const RULES: &[Rule] = &[];
