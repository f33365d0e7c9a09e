//! The fonts of the machine.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use typst::{
    foundations::Bytes,
    text::{Font, FontBook, FontInfo},
};

/// Where Debian's fonts-noto-cjk lies.
pub const FONT_FOLDER: &str = "/usr/share/fonts/opentype/noto";

/// Chinese documents need it: the shipped templates name its families.
const NEEDED_FAMILY: &str = "noto serif cjk sc";
/// Folders are looked through so deep …
const DEEPEST: usize = 4;
/// … for so many files at most.
const MOST_FILES: usize = 2_000;

/// Why there are no fonts.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The folder cannot be read.
    #[error("the folder of fonts {folder} cannot be read")]
    Unreadable {
        /// Which.
        folder: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It has no Chinese font that documents are set in.
    #[error("{0} has no Noto Serif CJK SC; install Debian's fonts-noto-cjk")]
    NotChinese(String),
}

/// Fonts by their place in the book. A file is read to know what it has, let go, and read again when one of its fonts is
/// first used: Chinese fonts are large.
pub(crate) struct Fonts {
    pub(crate) book: FontBook,
    slots: Vec<Slot>,
    files: Vec<(PathBuf, OnceLock<Option<Bytes>>)>,
}

struct Slot {
    file: usize,
    index: u32,
    font: OnceLock<Option<Font>>,
}

impl Fonts {
    /// Looks through a folder.
    pub(crate) fn find(folder: &Path) -> Result<Self, FontError> {
        let mut paths = Vec::new();
        collect(folder, DEEPEST, &mut paths)
            .map_err(|source| FontError::Unreadable { folder: folder.display().to_string(), source })?;
        // In one order on every machine, so that the same fonts are chosen.
        paths.sort();
        let mut fonts = Self { book: FontBook::new(), slots: Vec::new(), files: Vec::new() };
        for path in paths {
            let Ok(data) = fs::read(&path) else { continue };
            let file = fonts.files.len();
            for (index, info) in (0_u32..).zip(FontInfo::iter(&data)) {
                fonts.book.push(info);
                fonts.slots.push(Slot { file, index, font: OnceLock::new() });
            }
            fonts.files.push((path, OnceLock::new()));
        }
        if fonts.book.contains_family(NEEDED_FAMILY) {
            Ok(fonts)
        } else {
            Err(FontError::NotChinese(folder.display().to_string()))
        }
    }

    /// The font at this place in the book.
    pub(crate) fn font(&self, place: usize) -> Option<Font> {
        let slot = self.slots.get(place)?;
        slot.font
            .get_or_init(|| {
                let (path, data) = self.files.get(slot.file)?;
                let data = data.get_or_init(|| fs::read(path).ok().map(Bytes::new)).clone()?;
                Font::new(data, slot.index)
            })
            .clone()
    }
}

fn collect(folder: &Path, deeper: usize, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if paths.len() >= MOST_FILES {
            return Ok(());
        }
        if path.is_dir() {
            if deeper > 0 {
                // A folder inside that cannot be read has no fonts for us.
                let _ = collect(&path, deeper - 1, paths);
            }
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["ttf", "ttc", "otf", "otc"].iter().any(|font| ending.eq_ignore_ascii_case(font)) {
            paths.push(path);
        }
    }
    Ok(())
}
