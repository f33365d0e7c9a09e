//! The directory's files as one bundle, from a county's folder or from a call.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use fengqiao_county::{
    AREA_CHANGES_FILE, AREA_CODES_FILE, AREAS_FILE, AreaTexts, AreaTree, Mistake, Mistakes, Row, csv_table,
    read_text,
};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

pub(super) const AGENCIES_FILE: &str = "agencies.csv";
pub(super) const RESPONSIBILITY_FILE: &str = "responsibility.csv";
pub(super) const POSTS_FILE: &str = "posts.csv";
pub(super) const PEOPLE_FILE: &str = "people.csv";
pub(super) const ROSTER_FILE: &str = "roster.csv";
pub(super) const MEDIATORS_FILE: &str = "mediators.csv";
pub(super) const CONTACTS_FILE: &str = "contacts.csv";
pub(super) const GRIDS_FILE: &str = "grids.csv";

const FILES: [&str; 11] = [
    AREAS_FILE,
    AREA_CODES_FILE,
    AREA_CHANGES_FILE,
    AGENCIES_FILE,
    RESPONSIBILITY_FILE,
    POSTS_FILE,
    PEOPLE_FILE,
    ROSTER_FILE,
    MEDIATORS_FILE,
    CONTACTS_FILE,
    GRIDS_FILE,
];

/// How many rows the files of a bundle may have together.
const MAX_ROWS: usize = 200_000;

/// 16 hexadecimal digits name a version.
const VERSION_BYTES: usize = 8;

/// The texts of a directory's files, by file name. A file that is not there is an empty table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryFiles {
    /// Named in mistakes; empty where the texts came with a call.
    folder: PathBuf,
    texts: BTreeMap<String, String>,
}

impl From<BTreeMap<String, String>> for DirectoryFiles {
    fn from(texts: BTreeMap<String, String>) -> Self {
        Self { folder: PathBuf::new(), texts }
    }
}

impl DirectoryFiles {
    /// Reads the directory's files of a county's folder.
    ///
    /// # Errors
    /// Each file that cannot be read or is not UTF-8.
    pub fn read(folder: &Path) -> Result<Self, Mistakes> {
        let mut texts = BTreeMap::new();
        let mut mistakes = Vec::new();
        for name in FILES {
            match read_text(&folder.join(name)) {
                Ok(Some(text)) => {
                    texts.insert(name.to_owned(), text);
                }
                Ok(None) => {}
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            Ok(Self { folder: folder.to_owned(), texts })
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// The texts, by file name.
    #[must_use]
    pub const fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// Names the contents: the same for the same texts, wherever they came from.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in &self.texts {
            // With their lengths, so that no text can stand for two.
            for part in [name, text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize().iter().take(VERSION_BYTES).fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The areas, where the bundle has any: what is right of them, and all that is wrong.
    #[must_use]
    pub fn areas(&self, county: &str) -> Option<(AreaTree, Vec<Mistake>)> {
        let text = |name| self.texts.get(name).map(String::as_str);
        let (codes, changes) = (text(AREA_CODES_FILE), text(AREA_CHANGES_FILE));
        let areas = match text(AREAS_FILE) {
            Some(areas) => areas,
            None if codes.is_none() && changes.is_none() => return None,
            // Its absence is then said as the county's.
            None => "",
        };
        Some(AreaTree::check(county, &AreaTexts { folder: &self.folder, areas, codes, changes }))
    }

    /// Where a file of the bundle is, for mistakes.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Goes through the files of a bundle and collects what is wrong in them.
#[derive(Debug)]
pub(super) struct Inspection<'a> {
    files: &'a DirectoryFiles,
    rows: usize,
    mistakes: Vec<Mistake>,
}

impl<'a> Inspection<'a> {
    /// Begins with the names of the files.
    pub(super) fn of(files: &'a DirectoryFiles) -> Self {
        let mut inspection = Self { files, rows: 0, mistakes: Vec::new() };
        for name in files.texts.keys() {
            if !FILES.contains(&name.as_str()) {
                inspection.mistake(name, 0, format!("is not a file of the directory: {}", FILES.join(", ")));
            }
        }
        inspection
    }

    /// The rows of a file that can be read, each through `take`; what it refuses is a mistake of that line.
    pub(super) fn each<T: DeserializeOwned>(
        &mut self,
        name: &str,
        mut take: impl FnMut(u64, T) -> Result<(), String>,
    ) {
        let Some(text) = self.files.texts.get(name) else { return };
        let file = self.files.path(name);
        let rows = csv_table::<T>(&file, text, &mut self.mistakes);
        self.rows += rows.len();
        if self.rows > MAX_ROWS {
            self.mistake(name, 0, format!("the files may have {MAX_ROWS} rows together"));
            return;
        }
        for Row { line, value } in rows {
            if let Err(reason) = take(line, value) {
                self.mistakes.push(Mistake::new(&file, line, reason));
            }
        }
    }

    /// Adds a mistake at a line of a file; 0 is the file as a whole.
    pub(super) fn mistake(&mut self, name: &str, line: u64, reason: impl Into<String>) {
        self.mistakes.push(Mistake::new(&self.files.path(name), line, reason));
    }

    /// Adds mistakes that were found elsewhere.
    pub(super) fn extend(&mut self, mistakes: Vec<Mistake>) {
        self.mistakes.extend(mistakes);
    }

    /// All that was found, file by file and line by line.
    pub(super) fn end(mut self) -> Result<(), Mistakes> {
        self.mistakes.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if self.mistakes.is_empty() { Ok(()) } else { Err(Mistakes(self.mistakes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> DirectoryFiles {
        files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect::<BTreeMap<_, _>>().into()
    }

    #[test]
    fn a_version_names_the_contents() {
        let version = bundle(&[("posts.csv", "a"), ("people.csv", "b")]).version();
        assert_eq!(version.len(), 16);
        assert_eq!(version, bundle(&[("people.csv", "b"), ("posts.csv", "a")]).version());
        assert_ne!(version, bundle(&[("posts.csv", "b"), ("people.csv", "a")]).version());
        assert_ne!(version, bundle(&[("posts.csv", "a")]).version());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("posts.csv"), "a").unwrap();
        std::fs::write(folder.path().join("people.csv"), "b").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "c").unwrap();
        assert_eq!(version, DirectoryFiles::read(folder.path()).unwrap().version(), "wherever it is");
    }

    #[test]
    fn files_that_are_unknown_or_unreadable_are_refused() {
        let files = bundle(&[("post.csv", "")]);
        let found = Inspection::of(&files).end().unwrap_err();
        assert!(found.to_string().starts_with("post.csv:0: is not a file of the directory"), "{found}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("posts.csv"), [0xb2, 0xe9]).unwrap();
        assert!(DirectoryFiles::read(folder.path()).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn rows_are_limited() {
        #[derive(serde::Deserialize)]
        struct Any {}
        let files = bundle(&[("posts.csv", &format!("code\n{}", "a\n".repeat(150_000)))]);
        let mut inspection = Inspection::of(&files);
        inspection.each::<Any>("posts.csv", |_, _| Ok(()));
        inspection.each::<Any>("posts.csv", |_, _| Ok(()));
        assert!(inspection.end().unwrap_err().to_string().contains("200000 rows"));
    }
}
