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
        let away = PathBuf::from(format!("/var/tmp/fengqiao-{key}"));
        self.own(&away)?;
        if self.reaches(&away)? {
            return Ok(away);
        }
        Err(StackError::Invalid(format!("{} cannot be used by Postgres", away.display())))
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
