//! One run per clone.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, Write},
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};

use crate::StackError;

/// Holds a folder for one run. The system lets go of it when the process ends, however it ends.
pub struct FolderLock {
    _held: Flock<File>,
}

impl FolderLock {
    /// Takes the folder.
    ///
    /// # Errors
    /// [`StackError::Busy`] where another run has it.
    pub fn take(folder: &Path) -> Result<Self, StackError> {
        std::fs::create_dir_all(folder).map_err(StackError::file(folder))?;
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(StackError::file(&path))?;
        let mut pid = String::new();
        let _ = file.read_to_string(&mut pid);
        let mut held = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| StackError::Busy { folder: folder.to_path_buf(), pid: pid.trim().to_owned() })?;
        let note = || -> std::io::Result<()> {
            held.set_len(0)?;
            held.rewind()?;
            write!(*held, "{}", std::process::id())
        };
        let mut note = note;
        note().map_err(StackError::file(&path))?;
        Ok(Self { _held: held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_of_the_first() {
        let folder = std::env::temp_dir().join(format!("fengqiao-lock-{}", std::process::id()));
        let first = FolderLock::take(&folder).unwrap();
        let refused = FolderLock::take(&folder).err().unwrap().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        FolderLock::take(&folder).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
