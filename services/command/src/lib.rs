//! The `fengqiao` command: a county's cases, reports, pushes and figures at the terminal.

mod account;
mod activity;
mod agencies;
mod alert;
mod attachment;
mod audit;
mod background;
mod bulletin;
mod call;
mod case;
mod cli;
mod clients;
mod connection;
mod docket;
mod duty;
mod endpoint;
mod engine_words;
mod errors;
mod export;
mod figures;
mod form;
mod keys;
mod link;
mod matter;
mod mediators;
mod meeting;
mod merge_suggestion;
mod moment;
mod output;
mod paging;
mod people;
mod profile;
mod push;
mod record;
mod report;
mod request_id;
mod retry;
mod reward;
mod roster;
mod rules;
mod settings;
mod table;
mod timeline;
mod watch;
mod weights;
mod words;
mod work;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::{
    cli::{Cli, Command},
    connection::Session,
    errors::CommandError,
    output::Output,
    settings::SettingsCommand,
};

/// Reads the arguments, does what they say, and gives the exit code: 0 done, 1 failed, 2 wrong usage.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    let output = match Output::new(&cli.show) {
        Ok(output) => output,
        Err(error) => return failed(&error),
    };
    match execute(cli, &output).await {
        Ok(()) | Err(CommandError::ReaderGone) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn execute(cli: Cli, output: &Output) -> Result<(), CommandError> {
    if let Command::Completions { shell } = cli.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "fengqiao", &mut script);
        return output.text(&String::from_utf8_lossy(&script));
    }
    if let Command::Settings(SettingsCommand::Check { folder }) = &cli.command {
        return settings::check(folder, output);
    }
    let session = Session::open(&cli.connect)?;
    match cli.command {
        Command::Report(command) => report::execute(command, &session, &cli.connect, output).await,
        Command::Link(command) => link::execute(command, &session, output).await,
        Command::Weights(command) => weights::execute(command, &session, output).await,
        Command::Activity(command) => activity::execute(command, &session, output).await,
        Command::Record(command) => record::execute(command, &session, output).await,
        Command::Case(command) => case::execute(command, &session, output).await,
        Command::MergeSuggestion(command) => merge_suggestion::execute(command, &session, output).await,
        Command::Alert(command) => alert::execute(command, &session, output).await,
        Command::Call(command) => call::execute(command, &session, output).await,
        Command::Work(options) => work::list(options, &session, output).await,
        Command::Form(command) => form::execute(command, &session, output).await,
        Command::Push(command) => push::execute(command, &session, output).await,
        Command::Attachment(command) => attachment::execute(command, &session, output).await,
        Command::Account(command) => account::execute(command, &session, output).await,
        Command::People(command) => people::execute(command, &session, output).await,
        Command::Endpoint(command) => endpoint::execute(command, &session, output).await,
        Command::Settings(command) => settings::execute(command, &session, output).await,
        Command::Rules(command) => rules::execute(command, &session, output).await,
        Command::Duty(command) => duty::execute(command, &session, output).await,
        Command::Reward(command) => reward::execute(command, &session, output).await,
        Command::Meeting(command) => meeting::execute(command, &session, output).await,
        Command::Audit(command) => audit::execute(command, &session, output).await,
        Command::Background(options) => background::show(options, &session, output).await,
        Command::Keys(command) => keys::execute(command, &session, output).await,
        Command::Agencies(options) => agencies::list(options, &session, output).await,
        Command::Roster(options) => roster::show(options, &session, output).await,
        Command::Mediators(options) => mediators::list(options, &session, output).await,
        Command::Bulletin(command) => bulletin::execute(command, &session, output).await,
        Command::Stats(options) => figures::show(*options, &session, output).await,
        Command::Export(command) => export::execute(command, &session, output).await,
        Command::Watch(options) => watch::follow(options, &cli.connect, output).await,
        Command::Completions { .. } => Ok(()),
    }
}

fn failed(error: &CommandError) -> ExitCode {
    let mut lines = error.lines().into_iter();
    if let Some(first) = lines.next() {
        eprintln!("fengqiao: {first}");
    }
    for line in lines {
        eprintln!("  {line}");
    }
    ExitCode::from(error.exit_code())
}
