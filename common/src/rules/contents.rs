//! Files that are dropped or changed on the way into the zip, and what needs them (20.7).

use super::table::{Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What is in the module", rules: RULES };

const RULES: &[Rule] = &[];
