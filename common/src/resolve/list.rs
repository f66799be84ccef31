//! The versions of a module (rules L1 to L8).

use std::sync::Arc;

use crate::tags::Module;
use crate::{module, pseudo, version};

use super::find_dir::has_file;
use super::{Failure, View, remember};

impl View<'_> {
    /// Compatible versions ascending, then `+incompatible` ones ascending (L7). Broken ones are among
    /// them: whether they can be served is another question.
    ///
    /// # Errors
    /// When a go.mod that L6 needs cannot be read, a tag on no commit (R8) among the reasons.
    pub fn versions(&self, module: &Module) -> Result<Arc<Vec<String>>, Failure> {
        let kept = |list: &Vec<String>| !list.is_empty();
        remember(&self.state.lists, &module.path, kept, || self.compute_versions(module))
    }

    fn compute_versions(&self, module: &Module) -> Result<Vec<String>, Failure> {
        let (mut compatible, mut incompatible) = self.tagged(module);
        version::sort(&mut compatible);
        version::sort(&mut incompatible);
        if incompatible.is_empty() {
            return Ok(compatible);
        }
        if let Some(highest) = compatible.last()
            && self.has_root_go_mod(highest)?
        {
            return Ok(compatible);
        }
        for of_major in incompatible.chunk_by(|a, b| version::major(a) == version::major(b)) {
            // Only the highest of a major is looked at, prereleases included (L6).
            if let Some(highest) = of_major.last()
                && !self.has_root_go_mod(highest)?
            {
                compatible.extend(of_major.iter().map(|v| format!("{v}+incompatible")));
            }
        }
        Ok(compatible)
    }

    /// L1 to L4: versions that fit the module path, and candidates for `+incompatible`.
    fn tagged(&self, module: &Module) -> (Vec<String>, Vec<String>) {
        let prefix = module.tag_prefix();
        let (mut compatible, mut incompatible) = (Vec::new(), Vec::new());
        if module.path_major.ends_with("-unstable") {
            return (compatible, incompatible);
        }
        let from = self.refs().tags.range::<str, _>((
            std::ops::Bound::Included(prefix.as_str()),
            std::ops::Bound::Unbounded,
        ));
        for (name, _) in from.take_while(|(name, _)| name.starts_with(&prefix)) {
            let v = &name[prefix.len()..];
            if version::canonical(v).as_deref() != Some(v) || pseudo::is_pseudo(v) {
                continue;
            }
            if module::check_path_major(v, &module.path_major).is_ok() {
                compatible.push(v.to_owned());
            } else if module.code_dir.is_empty()
                && module.path_major.is_empty()
                && version::major(v) > "v1"
            {
                incompatible.push(v.to_owned());
            }
        }
        (compatible, incompatible)
    }

    /// Whether the commit of this root tag has a go.mod in its root.
    fn has_root_go_mod(&self, tag: &str) -> Result<bool, Failure> {
        let commit = self.lookup(tag)?.commit;
        Ok(has_file(self.objects, commit.tree, "go.mod")?)
    }
}
