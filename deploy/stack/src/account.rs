//! The system account as which Postgres runs: it refuses to run as root.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use nix::{
    sys::signal::Signal,
    unistd::{Gid, Uid, User},
};
use sha2::{Digest, Sha256};

use crate::{StackError, process::with_death_signal};

/// Where data lies that cannot lie in its clone.
const AWAY: &str = "/var/tmp/fengqiao-";
/// The file in such a folder that says whose it is.
const BELONGS_TO: &str = "belongs-to";

/// As whom Postgres runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// As whoever runs the stack.
    Own,
    /// As another account, since we are root.
    Other {
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

impl Account {
    /// The account for Postgres: our own, or where we are root `postgres`, else `nobody`.
    ///
    /// # Errors
    /// Where we are root and there is no such account.
    pub fn for_postgres() -> Result<Self, StackError> {
        if !Uid::effective().is_root() {
            return Ok(Self::Own);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::Other { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or_else(|| StackError::Invalid("neither user postgres nor nobody exists".into()))
    }

    /// A command that runs as this account and gets `signal` when the thread that starts it ends.
    pub fn command(&self, program: &Path, home: &Path, signal: Signal) -> Command {
        match self {
            Self::Own => with_death_signal(program, signal),
            Self::Other { uid, gid } => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={uid}"))
                    .arg(format!("--regid={gid}"))
                    .args(["--clear-groups", "--pdeathsig"])
                    .arg(signal.as_str().trim_start_matches("SIG"))
                    .arg("--")
                    .arg(program)
                    .env("HOME", home)
                    .current_dir("/");
                command
            }
        }
    }

    /// A folder of this account for what belongs to `folder`: below it where the account can reach
    /// it, else (`folder` is for instance below root's home) a private one in `/var/tmp`.
    ///
    /// # Errors
    /// Where the folder cannot be made, or where one of that name belongs to somebody else.
    pub fn folder_below(&self, folder: &Path, name: &str) -> Result<PathBuf, StackError> {
        let wished = folder.join(name);
        self.own(&wished)?;
        if self.reaches(&wished)? {
            return Ok(wished);
        }
        std::fs::remove_dir(&wished).map_err(StackError::file(&wished))?;
        let key = Sha256::digest(wished.as_os_str().as_encoded_bytes());
        let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let away = PathBuf::from(format!("{AWAY}{key}"));
        self.remove_forgotten();
        self.own(&away)?;
        if self.reaches(&away)? {
            let note = away.join(BELONGS_TO);
            std::fs::write(&note, wished.as_os_str().as_encoded_bytes()).map_err(StackError::file(&note))?;
            return Ok(away);
        }
        Err(StackError::Invalid(format!("{} cannot be used by Postgres", away.display())))
    }

    /// Removes the folders in `/var/tmp` of clones that are gone.
    fn remove_forgotten(&self) {
        use std::os::unix::{ffi::OsStringExt, fs::MetadataExt};
        for entry in std::fs::read_dir("/var/tmp").into_iter().flatten().flatten() {
            let path = entry.path();
            let named = path.as_os_str().as_encoded_bytes().starts_with(AWAY.as_bytes());
            let ours = std::fs::symlink_metadata(&path)
                .is_ok_and(|found| found.is_dir() && Some(found.uid()) == self.uid());
            let Ok(note) = std::fs::read(path.join(BELONGS_TO)) else { continue };
            let gone = PathBuf::from(std::ffi::OsString::from_vec(note))
                .parent()
                .is_some_and(|parent| !parent.exists());
            if named && ours && gone {
                let _ = std::fs::remove_dir_all(&path);
            }
        }
    }

    /// Makes the folder if it is missing and gives it to the account, closed to all others.
    fn own(&self, folder: &Path) -> Result<(), StackError> {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        let made = std::fs::DirBuilder::new().mode(0o700).create(folder);
        match made {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(StackError::file(folder)(error));
            }
            _ => {}
        }
        let found = std::fs::symlink_metadata(folder).map_err(StackError::file(folder))?;
        let ours = [Some(Uid::effective().as_raw()), self.uid()];
        if !found.is_dir() || !ours.contains(&Some(found.uid())) {
            return Err(StackError::Invalid(format!(
                "{} belongs to somebody else; remove it or use another clone",
                folder.display()
            )));
        }
        if let Self::Other { uid, gid } = self {
            nix::unistd::chown(folder, Some(Uid::from_raw(*uid)), Some(Gid::from_raw(*gid)))
                .map_err(|errno| StackError::file(folder)(errno.into()))?;
        }
        Ok(())
    }

    fn uid(&self) -> Option<u32> {
        match self {
            Self::Own => None,
            Self::Other { uid, .. } => Some(*uid),
        }
    }

    fn reaches(&self, folder: &Path) -> Result<bool, StackError> {
        let status = self
            .command(Path::new("test"), folder, Signal::SIGKILL)
            .arg("-w")
            .arg(folder)
            .status()
            .map_err(|source| StackError::Spawn { name: "setpriv".into(), source })?;
        Ok(status.success())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn data_below_a_closed_home_lies_elsewhere_and_goes_with_its_clone() {
        let account = Account::for_postgres().unwrap();
        let home = std::env::temp_dir().join(format!("fengqiao-home-{}", std::process::id()));
        std::fs::create_dir(&home).unwrap();
        std::fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
        let folder = account.folder_below(&home, "postgres").unwrap();
        if account == Account::Own {
            assert!(folder.starts_with(&home));
        } else {
            assert!(!folder.starts_with(&home));
            assert_eq!(account.folder_below(&home, "postgres").unwrap(), folder);
        }
        std::fs::remove_dir_all(&home).unwrap();
        account.remove_forgotten();
        assert!(!folder.exists());
    }
}
