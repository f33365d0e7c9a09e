//! What to look at once the day has been played.

use std::path::Path;

use fengqiao_proto::types::v1::Level;
use fengqiao_stack::{description::StackDescription, page_account::PageAccount, sample_day::Survey};

/// The number of a case with much to see: the most dangerous, then the one with most reports.
pub fn worth_showing(survey: &Survey) -> Option<String> {
    survey
        .cases
        .iter()
        .max_by_key(|case| (case.reports.len() > 1, case.level() == Level::Red, case.reports.len()))
        .map(|case| case.number.clone())
}

/// How to sign in to the web pages.
pub struct Pages {
    /// To the agency desk.
    pub desk: Option<PageAccount>,
    /// To the county board.
    pub board: Option<PageAccount>,
}

/// Prints what to try next.
pub fn print(description: &StackDescription, folder: &Path, case: Option<&str>, pages: &Pages) {
    let command = command();
    let case = case.unwrap_or("NUMBER");
    println!(
        "
What to try next, in another terminal:
  {command} stats                        figures of the county 指标
  {command} case list --level red        the most dangerous cases 红色事项
  {command} case show {case} --purpose 试用     one case and its whole history
  {command} push inbox --agency police   what an agency has to do 待签收
  {command} watch {case} --purpose 试用         follow a case while things happen
  {command} report submit --help         hand in a report of your own
  kill -9 any of the processes           it comes back, and nothing is lost"
    );
    println!();
    for (service, url) in &description.services {
        let operations = description.ops.get(service).map_or("", String::as_str);
        let http = description.http.get(service).map_or(String::new(), |url| format!("   HTTP {url}"));
        println!("  {service:<13} gRPC {url}   {operations}/metrics{http}");
    }
    println!("  tokens, certificates and addresses: {}", StackDescription::path(folder).display());
    println!("  logs: {}", folder.join("logs").display());
    let sites = [
        ("Agency desk 工作台", &description.desk, &pages.desk),
        ("County board 态势屏", &description.board, &pages.board),
    ];
    for (site, address, account) in sites {
        if let (Some(address), Some(account)) = (address, account) {
            println!(
                "\n{site}  {address}\n  name {}   first password {}   ({}; the browser asks once whether it may: \
                 the certificate is this stack's own)",
                account.name, account.first_password, account.agency
            );
        }
    }
    println!("\nCtrl-C ends it all; what was taken is kept for the next run.");
}

/// The command as it can be typed here.
fn command() -> String {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("fengqiao"));
    let here = std::env::current_dir().unwrap_or_default();
    beside.filter(|program| program.exists()).map_or("fengqiao".to_owned(), |program| {
        program.strip_prefix(&here).unwrap_or(&program).display().to_string()
    })
}
