//! Families at risk: what an agency sees of one, and which are to be screened.

use clap::Args;
use fengqiao_proto::routing::v1::{
    ListScreeningRequest, RaiseSignalRequest, duty_service_client::DutyServiceClient,
};

use crate::{
    connection::{Connection, Session},
    errors::CommandError,
    output::Output,
    paging,
    request_id::RequestId,
    table::Table,
};

/// What is seen of a family.
#[derive(Debug, Args)]
pub struct SignalOptions {
    /// Which family: its address, as all agencies write it.
    household: String,
    /// Where it lives: the area's code.
    area: String,
    /// What you see.
    #[arg(long)]
    text: String,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// Which families to list.
#[derive(Debug, Args)]
pub struct ScreeningOptions {
    /// Why the list is read; it is kept.
    #[arg(long)]
    purpose: String,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Says what an agency sees of a family.
///
/// # Errors
/// Where the call fails.
pub async fn signal(
    options: SignalOptions,
    mut client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(RaiseSignalRequest {
        county: session.county(),
        request_id: options.request_id.or_new(),
        capacity: options.capacity,
        household: options.household,
        area_code: options.area,
        text: options.text,
    });
    let answer = client.raise_signal(request).await.map_err(CommandError::call("the signal"))?.into_inner();
    if output.json {
        output.document(&answer)
    } else {
        output.line(&format!("已记录 {}", answer.signal_id))
    }
}

/// Lists the families that are to be screened.
///
/// # Errors
/// Where a call fails.
pub async fn screening(
    options: ScreeningOptions,
    client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (families, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListScreeningRequest {
            county: session.county(),
            page_size,
            page_token,
            capacity: options.capacity.clone(),
            purpose: options.purpose.clone(),
        });
        async move {
            let answer = client.list_screening(request).await;
            let page = answer.map_err(CommandError::call("the families"))?.into_inner();
            Ok((page.families, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return families.iter().try_for_each(|family| output.json_line(family));
    }
    let mut table = Table::of_words(["筛查到期", "地点", "线索单位数", "责任单位", "编号"]);
    for family in families {
        let screening = family.screening.unwrap_or_default();
        table.row(vec![
            output.minute(screening.due_at.as_ref()).into(),
            screening.area_name.into(),
            family.agencies.to_string().into(),
            screening.agency.into(),
            screening.duty_id.into(),
        ]);
    }
    output.table(&table, "没有待筛查的家庭")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}
