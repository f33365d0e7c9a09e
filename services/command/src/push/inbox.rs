//! An agency's pushes as it sees them: the list, and one form.

use clap::Args;
use fengqiao_proto::notification::v1::{
    GetPushRequest, ListPushesRequest, Push, ReceiptState,
    notification_service_client::NotificationServiceClient,
};

use super::{case_column, speaks_of};
use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    matter::each_field,
    output::{Ink, Output, level_ink},
    paging,
    table::{Cell, Table},
    words,
};

/// As many characters of an id's end as a table shows.
const SHOWN_CHARACTERS: usize = 12;

/// Which pushes to list.
#[derive(Debug, Args)]
pub struct InboxOptions {
    /// Whose; `fengqiao agencies` lists the codes.
    #[arg(long)]
    agency: String,
    /// Only those with which this was done.
    #[arg(long, value_parser = words::parser(words::RECEIPTS), ignore_case = true)]
    receipt: Option<ReceiptState>,
    /// Only those of this case's id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    case: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Lists an agency's pushes.
///
/// # Errors
/// Where a call fails.
pub async fn inbox(options: InboxOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.notification(&Caller::Agency(options.agency.clone())).await?;
    let wanted = ListPushesRequest {
        county: session.county(),
        agency: options.agency,
        receipt: options.receipt.unwrap_or_default() as i32,
        case_id: options.case,
        ..Default::default()
    };
    let (pushes, more) = list(client, &wanted, options.limit as usize, session).await?;
    if output.json {
        return pushes.iter().try_for_each(|push| output.json_line(push));
    }
    output.table(&inbox_table(&pushes, output), "没有推送")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

/// Reads pushes, up to a number; says also whether there are more.
///
/// # Errors
/// Where a call fails.
pub async fn list(
    client: NotificationServiceClient<Connection>,
    wanted: &ListPushesRequest,
    limit: usize,
    session: &Session,
) -> Result<(Vec<Push>, bool), CommandError> {
    paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListPushesRequest { page_size, page_token, ..wanted.clone() });
        async move {
            let answer = client.list_pushes(request).await;
            let page = answer.map_err(CommandError::call("the pushes"))?.into_inner();
            Ok((page.pushes, page.next_page_token))
        }
    })
    .await
}

fn inbox_table(pushes: &[Push], output: &Output) -> Table {
    let mut table =
        Table::of_words(["级别", "文书", "案件", "地区", "类别", "推送", "时限", "状态", "推送号(末段)"]);
    for push in pushes {
        table.row(vec![
            Cell::inked(words::said(words::LEVELS, push.level()), level_ink(push.level())),
            words::said(words::FORMS, push.form()).into(),
            case_column(push).into(),
            area(push).into(),
            words::category(&push.category).into(),
            output.minute(push.requested_at.as_ref()).into(),
            output.minute(push.due_at.as_ref()).into(),
            Cell::inked(words::said(words::RECEIPTS, push.receipt()), receipt_ink(push.receipt())),
            shortened(&push.push_id).into(),
        ]);
    }
    table
}

fn area(push: &Push) -> &str {
    if push.area_name.is_empty() { &push.area_code } else { &push.area_name }
}

/// The end of an id: ids of one minute begin alike.
fn shortened(push_id: &str) -> &str {
    push_id.len().checked_sub(SHOWN_CHARACTERS).and_then(|at| push_id.get(at..)).unwrap_or(push_id)
}

fn receipt_ink(receipt: ReceiptState) -> Ink {
    match receipt {
        ReceiptState::Answered => Ink::Green,
        ReceiptState::Returned => Ink::Orange,
        ReceiptState::Unsigned => Ink::Bold,
        ReceiptState::Signed | ReceiptState::Recalled | ReceiptState::Unspecified => Ink::Plain,
    }
}

/// One push, for people.
fn page(push: &Push, output: &Output) -> String {
    let paint = output.paint;
    let mut page = format!(
        "{} {}  {}  {}  {}\n",
        paint.ink(words::said(words::LEVELS, push.level()), level_ink(push.level())),
        words::said(words::FORMS, push.form()),
        paint.ink(&speaks_of(push), Ink::Bold),
        words::category(&push.category),
        area(push),
    );
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            page.push_str(&format!("  {}  {value}\n", paint.ink(name, Ink::Dim)));
        }
    };
    field("演练", if push.drill { "是" } else { "" });
    field("字号", &push.form_number);
    field("单位", &push.agency);
    field("缘由", &push.reason);
    field("推送", &output.second(push.requested_at.as_ref()));
    field("时限", &output.second(push.due_at.as_ref()));
    let delivery = words::said(words::DELIVERIES, push.delivery());
    field(
        "送达",
        &format!("{delivery} {} (第{}次)", output.second(push.delivered_at.as_ref()), push.attempts),
    );
    field("签收", &output.second(push.signed_at.as_ref()));
    field("退回", &output.second(push.returned_at.as_ref()));
    field("反馈", &output.second(push.feedback_at.as_ref()));
    field("差错", &push.last_error);
    if let Some(matter) = &push.matter {
        each_field(matter, &mut field);
    }
    field("编号", &push.push_id);
    page
}

/// Shows one push and what its form says.
///
/// # Errors
/// Where the call fails.
pub async fn show(
    mut client: NotificationServiceClient<Connection>,
    push_id: String,
    purpose: String,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let request = session.request(GetPushRequest { county: session.county(), push_id, purpose });
    let answer = client.get_push(request).await.map_err(CommandError::call("the push"))?;
    let answer = answer.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.text(&page(&answer.push.unwrap_or_default(), output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_to_their_end() {
        assert_eq!(shortened("01930000-0000-7000-8000-00000000aaaa"), "00000000aaaa");
        assert_eq!(shortened("short"), "short");
    }

    #[test]
    fn a_push_s_page_shows_what_the_form_says() {
        let output = Output::new(&crate::cli::ShowOptions {
            json: false,
            color: crate::cli::ColorWhen::Never,
            time_zone: "Asia/Shanghai".into(),
        })
        .unwrap();
        let matter = fengqiao_proto::types::v1::Matter { title: "漏水".into(), ..Default::default() };
        let push = Push { case_number: "20261124-0001".into(), matter: Some(matter), ..Default::default() };
        let page = page(&push, &output);
        assert!(page.contains("事由  漏水") && !page.contains("签收"), "{page}");
    }
}
