//! Files that only we can read.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::StackError;

/// Writes a file that only we can read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), StackError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let write = || -> std::io::Result<()> {
        match std::fs::remove_file(&aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(&aside, path)
    };
    write().map_err(StackError::file(path))
}
