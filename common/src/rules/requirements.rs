//! What go.mod requires of others (20.5).

use super::table::{Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What go.mod requires", rules: RULES };

const RULES: &[Rule] = &[];
