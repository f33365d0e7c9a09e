//! What an agency did with a push.

use fengqiao_proto::notification::v1::{Answer, AnswerKind, ListAnswersRequest};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    table::Table,
    words,
};

/// Lists it, the oldest first. Takes the push's id and why it is read.
///
/// # Errors
/// Where the call fails.
pub async fn list(
    agency: String,
    (push_id, purpose): (String, String),
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.answers(&Caller::Agency(agency)).await?;
    let request = session.request(ListAnswersRequest { county: session.county(), push_id, purpose });
    let answer = client.list_answers(request).await.map_err(CommandError::call("the answers"))?;
    let answers = answer.into_inner().answers;
    if output.json {
        return answers.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table = Table::of_words(["时间", "办理", "情况", "实质", "何人", "身份", "附件", "内容"]);
    for one in &answers {
        table.row(vec![
            output.minute(one.at.as_ref()).into(),
            words::said(words::ANSWERS, one.kind()).into(),
            how(one).into(),
            if one.substantive { "是" } else { "" }.into(),
            who(one).into(),
            capacity(one).into(),
            if one.attachment_ids.is_empty() { String::new() } else { one.attachment_ids.len().to_string() }
                .into(),
            one.text.as_str().into(),
        ]);
    }
    output.table(&table, "还没有办理")
}

/// Who at the agency did it.
fn who(one: &Answer) -> &str {
    one.recorded.as_ref().map_or(one.actor.as_str(), |recorded| recorded.name.as_str())
}

/// In what capacity; and where an officer entered it, which one, and how the centre learned of it.
fn capacity(one: &Answer) -> String {
    match &one.recorded {
        None => one.capacity.clone(),
        Some(recorded) => format!(
            "{} ({}代录: {})",
            recorded.capacity,
            words::said(words::RECORDED_MEANS, recorded.means()),
            one.actor,
        ),
    }
}

/// How far it is, or why not.
fn how(one: &Answer) -> String {
    match one.kind() {
        AnswerKind::Returned => words::said(words::RETURN_REASONS, one.return_reason()).to_owned(),
        AnswerKind::Feedback if one.cannot_reason != 0 => format!(
            "{} {}",
            words::said(words::OUTCOMES, one.outcome()),
            words::said(words::CANNOT_REASONS, one.cannot_reason())
        ),
        AnswerKind::Feedback => words::said(words::OUTCOMES, one.outcome()).to_owned(),
        AnswerKind::Signed | AnswerKind::Recalled | AnswerKind::Unspecified => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::notification::v1::{RecordedAct, RecordedMeans};

    use super::*;

    #[test]
    fn what_an_officer_entered_says_who_did_it_and_how_that_is_known() {
        let own = Answer { actor: "li".into(), capacity: "police".into(), ..Answer::default() };
        assert_eq!((who(&own), capacity(&own).as_str()), ("li", "police"));
        let recorded = RecordedAct {
            name: "周大明".into(),
            capacity: "村党支部书记".into(),
            means: RecordedMeans::Phone.into(),
            ..RecordedAct::default()
        };
        let entered = Answer {
            actor: "wang".into(),
            capacity: "officer".into(),
            recorded: Some(recorded),
            ..Answer::default()
        };
        assert_eq!(who(&entered), "周大明");
        assert_eq!(capacity(&entered), "村党支部书记 (电话代录: wang)");
    }
}
