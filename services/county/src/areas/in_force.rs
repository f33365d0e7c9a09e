//! The areas that hold now. They are replaced as a whole, while reports come in and questions are asked.

use std::sync::{Arc, PoisonError, RwLock};

use super::AreaTree;

/// The areas of a county that hold now: those of its folder (version 0), or a later version that was given to the
/// running services.
#[derive(Debug)]
pub struct AreasInForce(RwLock<Held>);

#[derive(Debug)]
struct Held {
    version: i32,
    tree: Arc<AreaTree>,
}

impl AreasInForce {
    /// The areas of a county's folder.
    #[must_use]
    pub fn of_folder(tree: AreaTree) -> Self {
        Self(RwLock::new(Held { version: 0, tree: Arc::new(tree) }))
    }

    /// What holds now. Whoever asks keeps it for what it does; what comes later counts for the next.
    #[must_use]
    pub fn now(&self) -> Arc<AreaTree> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).tree)
    }

    /// The version that holds now; 0 is the county's folder.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).version
    }

    /// Sets what holds from now on, unless it is older than what holds, since news may come twice. Areas that say
    /// the same stay the same tree, so that what was made of it need not be made again.
    pub fn replace(&self, version: i32, tree: Arc<AreaTree>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if version < held.version {
            return;
        }
        held.version = version;
        if *held.tree != *tree {
            held.tree = tree;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::AreaTexts;

    fn tree(name: &str) -> Arc<AreaTree> {
        let areas = format!("code,level,name,parent_code\n421181,county,{name},\n");
        let texts = AreaTexts { folder: Path::new(""), areas: &areas, codes: None, changes: None };
        Arc::new(AreaTree::read("421181", &texts).unwrap())
    }

    #[test]
    fn what_is_newer_holds_and_what_says_the_same_stays() {
        let areas = AreasInForce::of_folder(Arc::unwrap_or_clone(tree("甲")));
        let first = areas.now();
        areas.replace(2, tree("甲"));
        assert!(Arc::ptr_eq(&first, &areas.now()) && areas.version() == 2);
        areas.replace(1, tree("乙"));
        assert_eq!(areas.now().name_path("421181"), "甲", "older news");
        areas.replace(3, tree("丙"));
        assert_eq!((areas.now().name_path("421181"), areas.version()), ("丙".into(), 3));
        assert_eq!(first.name_path("421181"), "甲", "whoever has it keeps it");
    }
}
