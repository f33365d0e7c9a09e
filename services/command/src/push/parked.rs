//! What could not be delivered, and sending it again.

use clap::{ArgGroup, Args};
use fengqiao_proto::{
    notification::v1::{ListParkedPushesRequest, ResendPushesRequest},
    types::v1::{FormKind, Level},
};
use uuid::Uuid;

use super::case_column;
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Output, level_ink},
    paging,
    table::{Cell, Table},
    words,
};

/// Which parked pushes to list.
#[derive(Debug, Args)]
pub struct ParkedOptions {
    /// Only this agency's.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which parked pushes to send again.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("fitting").multiple(true))]
pub struct ResendOptions {
    /// These, by their whole ids.
    #[arg(required_unless_present = "fitting", conflicts_with = "fitting")]
    push_ids: Vec<Uuid>,
    /// All parked ones of this agency.
    #[arg(long, group = "fitting")]
    agency: Option<String>,
    /// Those of this level.
    #[arg(long, group = "fitting", value_parser = words::parser(words::LEVELS), ignore_case = true)]
    level: Option<Level>,
    /// Those of this kind of form.
    #[arg(long, group = "fitting", value_parser = words::parser(words::FORMS), ignore_case = true)]
    form: Option<FormKind>,
    /// Those parked before this day or time.
    #[arg(long, group = "fitting", value_name = "TIME", value_parser = Moment::read)]
    parked_before: Option<Moment>,
    /// Those parked on this day or time, or later.
    #[arg(long, group = "fitting", value_name = "TIME", value_parser = Moment::read)]
    since: Option<Moment>,
}

/// Lists parked pushes.
///
/// # Errors
/// Where a call fails.
pub async fn parked(options: ParkedOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.notification(&Caller::Operator).await?;
    let (pushes, more) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListParkedPushesRequest {
            county: session.county(),
            page_size,
            page_token,
            agency: options.agency.clone(),
        });
        async move {
            let answer = client.list_parked_pushes(request).await;
            let page = answer.map_err(CommandError::call("the parked pushes"))?.into_inner();
            Ok((page.pushes, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return pushes.iter().try_for_each(|push| output.json_line(push));
    }
    let mut table = Table::of_words(["级别", "单位", "案件", "推送", "次数", "差错", "推送号"]);
    for push in &pushes {
        table.row(vec![
            Cell::inked(words::said(words::LEVELS, push.level()), level_ink(push.level())),
            push.agency.clone().into(),
            case_column(push).into(),
            output.minute(push.requested_at.as_ref()).into(),
            push.attempts.to_string().into(),
            push.last_error.clone().into(),
            push.push_id.clone().into(),
        ]);
    }
    output.table(&table, "没有搁置的推送")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

/// Sends parked pushes again.
///
/// # Errors
/// Where the call fails.
pub async fn resend(options: ResendOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.notification(&Caller::Operator).await?;
    let begin = |moment: Option<Moment>| moment.and_then(|moment| moment.begin(&output.zone)).map(to_proto);
    let request = session.request(ResendPushesRequest {
        county: session.county(),
        push_ids: options.push_ids.iter().map(Uuid::to_string).collect(),
        agency: options.agency.unwrap_or_default(),
        parked_before: begin(options.parked_before),
        parked_since: begin(options.since),
        level: options.level.unwrap_or_default() as i32,
        form: options.form.unwrap_or_default() as i32,
    });
    let answer = client.resend_pushes(request).await.map_err(CommandError::call("sending again"))?;
    let answer = answer.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.line(&format!("重新推送 {} 件", answer.resent))
}
