//! The county's agencies.

use clap::Args;
use fengqiao_proto::routing::v1::ListAgenciesRequest;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    paging,
    table::Table,
};

/// Which agencies to list.
#[derive(Debug, Args)]
pub struct AgenciesOptions {
    /// Only agencies of this kind: centre, functional, town, justice, community.
    #[arg(long)]
    kind: Option<String>,
    /// Only agencies whose code or name contains this.
    containing: Option<String>,
}

/// The most agencies that are listed; a large county has about a thousand.
const MOST_AGENCIES: usize = 10_000;

/// Lists agencies.
///
/// # Errors
/// Where the call fails.
pub async fn list(options: AgenciesOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.routing(&Caller::Officer).await?;
    let (agencies, _) = paging::collect(MOST_AGENCIES, |page_size, page_token| {
        let mut client = client.clone();
        let request =
            session.request(ListAgenciesRequest { county: session.county(), page_size, page_token });
        async move {
            let answer = client.list_agencies(request).await;
            let page = answer.map_err(CommandError::call("the agencies"))?.into_inner();
            Ok((page.agencies, page.next_page_token))
        }
    })
    .await?;
    let wanted = agencies.into_iter().filter(|agency| {
        options.kind.as_ref().is_none_or(|kind| agency.kind == *kind)
            && options
                .containing
                .as_ref()
                .is_none_or(|part| agency.code.contains(part.as_str()) || agency.name.contains(part.as_str()))
    });
    let mut table = Table::of_words(["代码", "名称", "类别", "辖区"]);
    for agency in wanted {
        if output.json {
            output.json_line(&agency)?;
        } else {
            let kind = match agency.kind.as_str() {
                "centre" => "综治中心",
                "functional" => "职能部门",
                "town" => "乡镇街道",
                "justice" => "司法所",
                "community" => "村(社区)",
                other => other,
            };
            table.row(vec![agency.code.into(), agency.name.into(), kind.into(), agency.area_code.into()]);
        }
    }
    if output.json { Ok(()) } else { output.table(&table, "没有这样的单位") }
}
