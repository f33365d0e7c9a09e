//! The keys that personal data is sealed with: rotate them without a stop, see what older ones still hold, let them go.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fengqiao_proto::sealing::v1::{GetSealingRequest, GetSealingResponse};
use fengqiao_sealing::{KeyFileChange, SealError, change};
use jiff::SignedDuration;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment,
    output::{Ink, Output},
    table::{Cell, Table},
};

/// The services that keep sealed values.
const KEEPERS: [&str; 3] = ["intake", "routing", "notification"];
/// A look at all rows tells of a key only where it began so long after the service ceased to seal with it: by then all
/// its processes had.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Seal with a new key from now on (轮换). Running services take it by themselves; what an older key sealed still
    /// opens, and is sealed anew in the background.
    Rotate(FileOptions),
    /// Add a key that seals nothing yet: where each machine has a copy of the file, hand it to all, then rotate each.
    Add(FileOptions),
    /// What each service seals with, and what older keys still hold.
    List,
    /// The key by which people are found (查找密钥): change it in two steps, without a stop.
    #[command(subcommand)]
    Lookup(LookupCommand),
    /// Let an older key go (停用). Refused while anything is, or may be, sealed with it.
    Retire(RetireOptions),
}

/// What to do with the lookup key.
#[derive(Debug, Subcommand)]
pub enum LookupCommand {
    /// Add a second lookup key. Running services hash by both, and what is there is hashed anew in the background. Where
    /// each machine has a copy of the file, hand it to all at once.
    Begin(FileOptions),
    /// Let the older lookup key go, and its hashes with it. Refused while anything is, or may be, found by it alone.
    End(FileOptions),
}

/// Which file.
#[derive(Debug, Args)]
pub struct FileOptions {
    /// The key file of the services on this machine.
    #[arg(long, value_name = "FILE", env = "FENGQIAO_SEALING_KEYS")]
    file: PathBuf,
}

/// Which key.
#[derive(Debug, Args)]
pub struct RetireOptions {
    /// The key's id; the option `--key` is another matter.
    #[arg(value_name = "KEY")]
    id: u8,
    /// Which file.
    #[command(flatten)]
    file: FileOptions,
}

/// Does what is asked.
///
/// # Errors
/// Where the file cannot be changed, a call fails, or a key is still needed.
pub async fn execute(command: KeysCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        KeysCommand::Rotate(options) => {
            let key = changed(&options.file, KeyFileChange::Rotate)?;
            output.line(&format!("密钥{key}已启用，各服务数秒内自动更换；旧数据在后台逐步重新加密"))
        }
        KeysCommand::Add(options) => {
            let key = changed(&options.file, KeyFileChange::Add)?;
            output.line(&format!("密钥{key}已加入，尚未启用"))
        }
        KeysCommand::Lookup(LookupCommand::Begin(options)) => {
            let key = changed(&options.file, KeyFileChange::BeginLookup)?;
            output.line(&format!("查找密钥{key}已加入，各服务数秒内自动并用；旧数据在后台逐步重新计算"))
        }
        KeysCommand::Lookup(LookupCommand::End(options)) => {
            let needed: Vec<String> =
                sealings(session).await?.iter().filter_map(still_finds_by_the_older).collect();
            if !needed.is_empty() {
                return Err(CommandError::Usage(needed.join("; ")));
            }
            let key = changed(&options.file, KeyFileChange::EndLookup)?;
            output.line(&format!("此后只用查找密钥{key}，旧密钥的计算结果在后台逐步清除"))
        }
        KeysCommand::List => list(&sealings(session).await?, output),
        KeysCommand::Retire(options) => {
            let needed: Vec<String> =
                sealings(session).await?.iter().filter_map(|one| still_needs(one, options.id)).collect();
            if !needed.is_empty() {
                return Err(CommandError::Usage(needed.join("; ")));
            }
            changed(&options.file.file, KeyFileChange::Retire(options.id))?;
            output.line(&format!("密钥{}已停用", options.id))
        }
    }
}

fn changed(file: &Path, what: KeyFileChange) -> Result<u8, CommandError> {
    change(file, what).map_err(|error| match error {
        SealError::Unreadable { source, .. } => CommandError::File { path: file.to_owned(), source },
        error => CommandError::Usage(format!("{}: {error}", file.display())),
    })
}

async fn sealings(session: &Session) -> Result<Vec<GetSealingResponse>, CommandError> {
    let mut sealings = Vec::with_capacity(KEEPERS.len());
    for service in KEEPERS {
        let mut client = session.sealing(service, &Caller::Operator).await?;
        let request = session.request(GetSealingRequest {});
        let answer = client
            .get_sealing(request)
            .await
            .map_err(CommandError::call(format!("the keys of {service}")))?;
        sealings.push(answer.into_inner());
    }
    Ok(sealings)
}

fn list(sealings: &[GetSealingResponse], output: &Output) -> Result<(), CommandError> {
    if output.json {
        return sealings.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table = Table::of_words([
        "服务",
        "启用密钥",
        "启用时间",
        "旧密钥",
        "待重新加密",
        "不可更改",
        "查点时间",
        "查找密钥",
    ]);
    for one in sealings {
        let mut rows = one.old_rows.clone();
        if rows.is_empty() {
            rows.push(Default::default());
        }
        for row in rows {
            let key = if row.key == 0 && row.waiting + row.fixed == 0 {
                String::new()
            } else {
                row.key.to_string()
            };
            let ink = if row.waiting > 0 { Ink::Yellow } else { Ink::Plain };
            table.row(vec![
                one.service.as_str().into(),
                one.current_key.to_string().into(),
                output.second(one.current_since.as_ref()).into(),
                key.into(),
                Cell::inked(row.waiting.to_string(), ink),
                row.fixed.to_string().into(),
                output.second(one.counted_at.as_ref()).into(),
                lookups(one).into(),
            ]);
        }
    }
    output.table(&table, "没有服务")
}

/// The lookup keys of a service, and how far hashing anew is.
fn lookups(sealing: &GetSealingResponse) -> String {
    let keys: Vec<String> = sealing.lookup_keys.iter().map(u32::to_string).collect();
    let far = match (sealing.lookup_ready, sealing.left_to_hash) {
        (true, _) => String::new(),
        (false, 0) => "（进行中）".to_owned(),
        (false, left) => format!("（{left}条未能计算）"),
    };
    format!("{}{far}", keys.join("、"))
}

/// Why the older lookup key of a service cannot go yet; none where it can.
fn still_finds_by_the_older(sealing: &GetSealingResponse) -> Option<String> {
    let service = &sealing.service;
    if sealing.lookup_keys.len() < 2 {
        return Some(format!("{service} has one lookup key; begin first, and wait some seconds"));
    }
    if sealing.left_to_hash > 0 {
        return Some(format!("{service} could not hash {} values anew", sealing.left_to_hash));
    }
    (!sealing.lookup_ready).then(|| format!("{service} is still hashing anew; try again later"))
}

/// Why a service still needs a key, or may need it; none where it does not.
fn still_needs(sealing: &GetSealingResponse, key: u8) -> Option<String> {
    let service = &sealing.service;
    let key = u32::from(key);
    if sealing.current_key == key {
        return Some(format!("{service} seals with key {key}"));
    }
    let since = moment::from_proto(sealing.current_since.as_ref());
    let counted = moment::from_proto(sealing.counted_at.as_ref());
    let settled = since.zip(counted).is_some_and(|(since, counted)| counted.duration_since(since) >= SETTLED);
    if !settled {
        return Some(format!(
            "{service} has not looked at all its rows since its keys changed; try again later"
        ));
    }
    if let Some(rows) = sealing.old_rows.iter().find(|rows| rows.key == key) {
        let (waiting, fixed) = (rows.waiting, rows.fixed);
        return Some(format!(
            "{service} holds {waiting} values of key {key} to seal anew, and {fixed} that stay"
        ));
    }
    (sealing.older_events > 0).then(|| {
        format!(
            "{service} has {} events under way or parked that key {key} may have sealed",
            sealing.older_events
        )
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use fengqiao_proto::sealing::v1::SealedRows;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn keys_take_a_file() {
        let parse = |rest: &[&str]| Cli::try_parse_from(["fengqiao", "keys"].iter().chain(rest)).is_ok();
        assert!(parse(&["rotate", "--file", "k"]) && parse(&["add", "--file", "k"]) && parse(&["list"]));
        assert!(parse(&["lookup", "begin", "--file", "k"]) && parse(&["lookup", "end", "--file", "k"]));
        assert!(parse(&["retire", "1", "--file", "k"]) && !parse(&["retire", "300", "--file", "k"]));
    }

    #[test]
    fn the_older_lookup_key_goes_only_where_nothing_is_found_by_it_alone() {
        let ready = GetSealingResponse {
            service: "intake".into(),
            lookup_keys: vec![1, 2],
            lookup_ready: true,
            ..Default::default()
        };
        assert_eq!(still_finds_by_the_older(&ready), None);
        for (needed, said) in [
            (GetSealingResponse { lookup_keys: vec![1], ..ready.clone() }, "one lookup key"),
            (GetSealingResponse { left_to_hash: 3, lookup_ready: false, ..ready.clone() }, "3 values"),
            (GetSealingResponse { lookup_ready: false, ..ready.clone() }, "still hashing"),
        ] {
            assert!(still_finds_by_the_older(&needed).unwrap().contains(said), "{said}");
        }
    }

    #[test]
    fn a_key_goes_only_where_nothing_is_sealed_with_it_any_more() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let done = GetSealingResponse {
            service: "intake".into(),
            current_key: 2,
            current_since: at(1_000),
            counted_at: at(1_060),
            ..Default::default()
        };
        assert_eq!(still_needs(&done, 1), None);
        let rows = |key| vec![SealedRows { key, waiting: 0, fixed: 3 }];
        assert_eq!(still_needs(&GetSealingResponse { old_rows: rows(0), ..done.clone() }, 1), None);
        for (needed, said) in [
            (GetSealingResponse { current_key: 1, ..done.clone() }, "seals with"),
            (GetSealingResponse { counted_at: None, ..done.clone() }, "has not looked"),
            (GetSealingResponse { counted_at: at(1_059), ..done.clone() }, "has not looked"),
            (GetSealingResponse { old_rows: rows(1), ..done.clone() }, "3 that stay"),
            (GetSealingResponse { older_events: 1, ..done.clone() }, "events"),
        ] {
            assert!(still_needs(&needed, 1).unwrap().contains(said), "{said}");
        }
    }
}
