//! What a county can change while the services run: checking, making hold, and reading its settings (配置).

mod given;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fengqiao_county::{County, Mistake};
use fengqiao_forms::CountyForms;
use fengqiao_notification::{answer_rules::AnswerRules, endpoints::Endpoints, settings::DeliverySettings};
use fengqiao_proto::routing::v1::{
    ActivateSettingRequest, GetSettingRequest, ListSettingsRequest, Setting, SettingKind,
    ValidateSettingRequest,
};
use fengqiao_routing::rulebook::folder_mistakes;
use jiff::Timestamp;
use serde_json::json;

use self::given::Given;
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    request_id::RequestId,
    table::{Cell, Table},
    words,
};

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Check all files of a county's folder, without any service; every mistake with file, line and reason.
    Check {
        /// The folder, for instance deploy/county/macheng.
        folder: PathBuf,
    },
    /// Make a directory, level rules, a practice or a calendar hold from now on.
    Activate(ActivateOptions),
    /// List the versions, and what holds of each kind.
    List(ListOptions),
    /// Write the files of a version: the one that holds where none is named.
    Show(ShowOptions),
}

/// By whom and why something is to hold, and in the place of what.
#[derive(Debug, Args)]
pub struct Activation {
    /// Why.
    #[arg(long)]
    pub words: String,
    /// The post in whose capacity you act: a leader's of the centre.
    #[arg(long, value_name = "POST")]
    pub capacity: String,
    /// The version that holds, as it was seen; it is refused where another one holds. Else the one that holds.
    #[arg(long, value_name = "VERSION")]
    pub expected: Option<i32>,
    #[command(flatten)]
    pub request_id: RequestId,
}

/// What is to hold.
#[derive(Debug, Args)]
pub struct ActivateOptions {
    /// The kind.
    #[arg(value_parser = words::parser(words::SETTINGS), ignore_case = true)]
    kind: SettingKind,
    /// Its file; for a directory its files, or a folder with them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    how: Activation,
}

/// Which versions to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this kind.
    #[arg(value_parser = words::parser(words::SETTINGS), ignore_case = true)]
    kind: Option<SettingKind>,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which version to write.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The kind.
    #[arg(value_parser = words::parser(words::SETTINGS), ignore_case = true)]
    kind: SettingKind,
    /// Its version.
    #[arg(long, value_name = "VERSION", conflicts_with = "name", value_parser = clap::value_parser!(i32).range(1..))]
    number: Option<i32>,
    /// The name that cases keep of it.
    #[arg(long)]
    name: Option<String>,
    /// The folder to write its files to; else they are printed.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

/// Checks all files of a county's folder.
///
/// # Errors
/// Where there are mistakes; they are printed.
pub fn check(folder: &Path, output: &Output) -> Result<(), CommandError> {
    let mut found = folder_mistakes(folder, Timestamp::now());
    let delivery = DeliverySettings::load(&folder.join("notification.toml"));
    found.extend(delivery.err().into_iter().flat_map(|mistakes| mistakes.0));
    let answers = AnswerRules::load(&folder.join("answers.toml"));
    found.extend(answers.err().into_iter().flat_map(|mistakes| mistakes.0));
    let endpoints = folder.join("endpoints.toml");
    if endpoints.exists() {
        // Whose they are is the folder's matter, which may have mistakes of its own.
        let code = County::load(folder).map(|county| county.code).unwrap_or_default();
        let added = Endpoints::default().add(&endpoints, Some(&code));
        found.extend(added.err().into_iter().flat_map(|mistakes| mistakes.0));
    }
    // Its name and desk stand in forms that say nothing of their own; what is wrong with those is found already.
    if let Ok(county) = County::load(folder) {
        let forms = CountyForms::load(folder, &county.settings.centre_desk, &county.name);
        found.extend(forms.err().into_iter().flat_map(|mistakes| mistakes.0));
    }
    if found.is_empty() {
        return if output.json { Ok(()) } else { output.line("没有错误") };
    }
    told(&found, output)
}

/// Does what was asked of a service.
///
/// # Errors
/// Where a call fails, or the files have mistakes.
pub async fn execute(
    command: SettingsCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        SettingsCommand::Check { folder } => check(&folder, output),
        SettingsCommand::Activate(options) => activate(options, session, output).await,
        SettingsCommand::List(options) => list(options, session, output).await,
        SettingsCommand::Show(options) => show(options, session, output).await,
    }
}

async fn activate(options: ActivateOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let given = Given::read(options.kind, &options.files)?;
    let mut client = session.settings(&Caller::Officer).await?;
    let what = || CommandError::call(format!("the {}", words::typed(words::SETTINGS, options.kind)));
    let county = session.county();
    // Asked first, since only this answer says all mistakes.
    let request = session.request(ValidateSettingRequest {
        county: county.clone(),
        kind: options.kind.into(),
        files: given.texts.clone(),
    });
    let checked = client.validate_setting(request).await.map_err(what())?.into_inner();
    // A command that is sent again says what holds already; only the service knows that it is the same.
    if options.how.request_id.given().is_none() && !checked.mistakes.is_empty() {
        let found: Vec<Mistake> = checked
            .mistakes
            .into_iter()
            .map(|mistake| {
                Mistake::new(
                    given.path(&mistake.file),
                    u64::try_from(mistake.line).unwrap_or_default(),
                    mistake.reason,
                )
            })
            .collect();
        return told(&found, output);
    }
    let request = session.request(ActivateSettingRequest {
        county,
        kind: options.kind.into(),
        files: given.texts,
        expected_version: options.how.expected.unwrap_or(checked.holding_version),
        request_id: options.how.request_id.or_new(),
        capacity: options.how.capacity,
        words: options.how.words,
    });
    let setting = client.activate_setting(request).await.map_err(what())?.into_inner().setting;
    let setting = setting.unwrap_or_default();
    if output.json {
        return output.document(&setting);
    }
    output.line(&holds_now(&setting))
}

/// Says that a version holds now.
pub fn holds_now(setting: &Setting) -> String {
    let kind = words::said(words::SETTINGS, setting.kind());
    format!("{kind}第{}版（{}）已生效", setting.version, setting.name)
}

async fn list(options: ListOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.settings(&Caller::Officer).await?;
    let kind = options.kind.unwrap_or_default().into();
    let ask = |page_size, page_token| {
        let mut client = client.clone();
        let county = session.county();
        let request = session.request(ListSettingsRequest { county, kind, page_size, page_token });
        async move {
            let answer = client.list_settings(request).await;
            Ok(answer.map_err(CommandError::call("the settings"))?.into_inner())
        }
    };
    // What holds comes with every page.
    let holding = ask(1, String::new()).await?.holding;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (versions, _) = paging::collect(limit, |page_size, page_token| {
        let page = ask(page_size, page_token);
        async move { page.await.map(|page| (page.settings, page.next_page_token)) }
    })
    .await?;
    // Of the folder's only what holds is listed.
    let of_folders = holding.into_iter().filter(|setting| setting.version == 0);
    table(&of_folders.chain(versions).collect::<Vec<_>>(), output)
}

fn table(settings: &[Setting], output: &Output) -> Result<(), CommandError> {
    let mut table = Table::of_words(["类别", "版本", "名称", "生效时间", "操作人", "身份", "说明", ""]);
    for setting in settings {
        if output.json {
            output.json_line(setting)?;
            continue;
        }
        let version = if setting.version == 0 { "县目录".to_owned() } else { setting.version.to_string() };
        let holds = if setting.holds { Cell::inked("现行", Ink::Green) } else { Cell::default() };
        table.row(vec![
            words::said(words::SETTINGS, setting.kind()).into(),
            version.into(),
            setting.name.as_str().into(),
            output.minute(setting.activated_at.as_ref()).into(),
            setting.activated_by.as_str().into(),
            setting.capacity.as_str().into(),
            setting.words.as_str().into(),
            holds,
        ]);
    }
    if output.json { Ok(()) } else { output.table(&table, "没有版本") }
}

async fn show(options: ShowOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.settings(&Caller::Officer).await?;
    let request = session.request(GetSettingRequest {
        county: session.county(),
        kind: options.kind.into(),
        version: options.number.unwrap_or_default(),
        name: options.name.unwrap_or_default(),
        digest: String::new(),
    });
    let answer = client.get_setting(request).await.map_err(CommandError::call("the setting"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let mut files: Vec<(String, String)> = answer.files.into_iter().collect();
    files.sort();
    let Some(folder) = options.to else {
        for (name, text) in files {
            output.line(&output.paint.ink(&format!("# {name}"), Ink::Bold))?;
            output.line(text.trim_end())?;
        }
        return Ok(());
    };
    std::fs::create_dir_all(&folder).map_err(|source| CommandError::File { path: folder.clone(), source })?;
    for (name, text) in files {
        // A name is only a name: what a service answers does not choose the folder.
        let Some(name) = Path::new(&name).file_name() else { continue };
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|source| CommandError::File { path: path.clone(), source })?;
        output.line(&path.display().to_string())?;
    }
    Ok(())
}

/// Prints mistakes, and says how many.
fn told(found: &[Mistake], output: &Output) -> Result<(), CommandError> {
    for mistake in found {
        if output.json {
            let Mistake { file, line, reason } = mistake;
            output.line(&json!({ "file": file, "line": line, "reason": reason }).to_string())?;
        } else {
            output.line(&mistake.to_string())?;
        }
    }
    Err(CommandError::HasMistakes(found.len()))
}
