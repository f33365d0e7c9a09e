//! Who can mediate.

use clap::Args;
use fengqiao_proto::routing::v1::{ListMediatorsRequest, Mediator};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    paging,
    table::Table,
    words,
};

/// Who is looked for, and near where.
#[derive(Debug, Args)]
pub struct MediatorsOptions {
    /// What they have to be good at: a category's code, or a word of mediators.csv.
    #[arg(long, default_value = "", hide_default_value = true)]
    skill: String,
    /// The code of the area that they have to be near to; the county where not given.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Lists mediators, the nearest first.
///
/// # Errors
/// Where the call fails.
pub async fn list(options: MediatorsOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.work(&Caller::Officer).await?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (mediators, _) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListMediatorsRequest {
            county: session.county(),
            skill: options.skill.clone(),
            area_code: options.area.clone(),
            page_size,
            page_token,
        });
        async move {
            let answer = client.list_mediators(request).await;
            let page = answer.map_err(CommandError::call("the mediators"))?.into_inner();
            Ok((page.mediators, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return mediators.iter().try_for_each(|mediator| output.json_line(mediator));
    }
    output.table(&table(&mediators), "没有这样的调解力量")
}

fn table(mediators: &[Mediator]) -> Table {
    let mut table = Table::of_words(["代码", "名称", "类别", "人数", "地域", "专长"]);
    for mediator in mediators {
        let skills: Vec<&str> = mediator.skills.iter().map(|skill| words::category(skill)).collect();
        table.row(vec![
            mediator.code.as_str().into(),
            mediator.name.as_str().into(),
            words::said(words::MEDIATORS, mediator.kind()).into(),
            mediator.members.to_string().into(),
            mediator.area_name.as_str().into(),
            if skills.is_empty() { "不限".into() } else { skills.join("、").into() },
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::routing::v1::MediatorKind;

    use super::*;
    use crate::output::Paint;

    #[test]
    fn who_names_no_skill_takes_any() {
        let elders = Mediator {
            code: "elders".into(),
            name: "五老和谐会".into(),
            kind: MediatorKind::ResidentsBody.into(),
            members: 30,
            area_code: "421181105202".into(),
            area_name: "凉亭村".into(),
            ..Default::default()
        };
        let skilled = Mediator { skills: vec!["labour".into(), "噪声".into()], ..elders.clone() };
        let drawn = table(&[elders, skilled]).draw(Paint::NONE);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[1].ends_with("30    凉亭村  不限"), "{drawn}");
        assert!(lines[2].ends_with("凉亭村  其他劳动争议、噪声"), "{drawn}");
    }
}
