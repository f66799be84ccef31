//! What go.mod takes back (20.6).

use super::table::{Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Retractions and deprecation", rules: RULES };

const RULES: &[Rule] = &[];
