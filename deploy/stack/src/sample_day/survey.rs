//! What the day came to, counted one by one from the services' own lists, beside what statistics says.

use std::{collections::BTreeMap, fmt};

use fengqiao_proto::{
    intake::v1::ListReportsRequest,
    notification::v1::{ListPushesRequest, Push},
    routing::v1::{Case, GetCaseRequest, ListCasesRequest},
    statistics::v1::QueryIndicatorsRequest,
    types::v1::{CaseState, Level, PushSubject},
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tonic::Status;

use super::patience::patiently;
use crate::{StackError, clients::Connections};

const PAGE: i32 = 500;
const AT_ONCE: usize = 16;
/// Everything that a local stack can hold lies in so many days before and after now.
const WINDOW_DAYS: i64 = 366;

/// All that there is, counted one by one.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Reports, as intake lists them.
    pub reports: u64,
    /// Those that are marked as repeats.
    pub repeats: u64,
    /// Cases, as routing shows them.
    pub cases: Vec<Case>,
    /// Pushes of cases by level, as notification lists them. What else is pushed, such as reminders of a week's sweep, is
    /// in no figure.
    pub pushes: BTreeMap<i32, u64>,
    /// Those that were delivered.
    pub delivered: u64,
    /// Those that were signed.
    pub signed: u64,
    /// Those that were returned.
    pub returned: u64,
    /// Those that were answered.
    pub answered: u64,
}

impl Survey {
    /// Counts through the services' lists as the officer.
    ///
    /// # Errors
    /// Where a service does not answer for a minute.
    pub async fn take(connections: &Connections) -> Result<Self, StackError> {
        let mut survey = Self::default();
        survey.count_reports(connections).await?;
        survey.cases = cases(connections).await?;
        survey.count_pushes(&all_pushes(connections).await?);
        Ok(survey)
    }

    /// Reports that routing has in cases.
    pub fn reports_in_cases(&self) -> u64 {
        self.cases.iter().map(|case| case.reports.len() as u64).sum()
    }

    /// Whether all that one service sent has arrived at the next.
    pub fn is_whole(&self) -> bool {
        let requested: usize = self.cases.iter().map(|case| case.pushes.len()).sum();
        let count = |has: fn(&fengqiao_proto::routing::v1::CasePush) -> bool| {
            self.cases.iter().flat_map(|case| &case.pushes).filter(|push| has(push)).count() as u64
        };
        self.reports_in_cases() == self.reports
            && self.all_pushes() == requested as u64
            && self.signed == count(|push| push.signed_at.is_some())
            && self.returned == count(|push| push.returned_at.is_some())
            && self.answered == count(|push| push.feedback_at.is_some())
    }

    /// Cases that are resolved or closed.
    pub fn resolved(&self) -> u64 {
        let settled = |case: &&Case| matches!(case.state(), CaseState::Resolved | CaseState::Closed);
        self.cases.iter().filter(settled).count() as u64
    }

    /// Pushes of cases of all levels.
    pub fn all_pushes(&self) -> u64 {
        self.pushes.values().sum()
    }

    /// Pushes of cases of one level.
    pub fn pushes_of(&self, level: Level) -> u64 {
        self.pushes.get(&level.into()).copied().unwrap_or(0)
    }

    async fn count_reports(&mut self, connections: &Connections) -> Result<(), StackError> {
        let client = connections.intake("officer")?;
        let mut page_token = String::new();
        loop {
            let ask = ListReportsRequest { page_size: PAGE, page_token, ..ListReportsRequest::default() };
            let page = patiently(|| {
                let (mut client, ask) = (client.clone(), ask.clone());
                async move { client.list_reports(ask).await }
            });
            let page = page.await.map_err(uncounted)?;
            self.reports += page.reports.len() as u64;
            let repeats = page.reports.iter().filter(|r| r.linkage.as_ref().is_some_and(|l| l.repeat));
            self.repeats += repeats.count() as u64;
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(());
            }
        }
    }

    fn count_pushes(&mut self, pushes: &[Push]) {
        for push in pushes.iter().filter(|push| is_of_a_case(push)) {
            *self.pushes.entry(push.level).or_default() += 1;
            self.delivered += u64::from(push.delivered_at.is_some());
            self.signed += u64::from(push.signed_at.is_some());
            self.returned += u64::from(push.returned_at.is_some());
            self.answered += u64::from(push.feedback_at.is_some());
        }
    }
}

/// Statistics and routing's cases know no others.
fn is_of_a_case(push: &Push) -> bool {
    matches!(PushSubject::try_from(push.subject), Ok(PushSubject::Unspecified | PushSubject::Case))
}

/// All pushes, as the officer sees them.
pub(super) async fn all_pushes(connections: &Connections) -> Result<Vec<Push>, StackError> {
    let client = connections.notification("officer")?;
    let mut pushes = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListPushesRequest { page_size: PAGE, page_token, ..ListPushesRequest::default() };
        let page = patiently(|| {
            let (mut client, ask) = (client.clone(), ask.clone());
            async move { client.list_pushes(ask).await }
        });
        let page = page.await.map_err(uncounted)?;
        pushes.extend(page.pushes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(pushes);
        }
    }
}

fn uncounted(status: Status) -> StackError {
    StackError::Invalid(format!("counting: {}", status.message()))
}

/// All cases, each read by itself.
async fn cases(connections: &Connections) -> Result<Vec<Case>, StackError> {
    let client = connections.routing("officer")?;
    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListCasesRequest { page_size: PAGE, page_token, ..ListCasesRequest::default() };
        let page = patiently(|| {
            let (mut client, ask) = (client.clone(), ask.clone());
            async move { client.list_cases(ask).await }
        });
        let page = page.await.map_err(uncounted)?;
        ids.extend(page.cases.into_iter().map(|case| case.case_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let read = |case: String| {
        let client = client.clone();
        async move {
            let purpose = "样例日核对".to_owned();
            let ask = GetCaseRequest { case, purpose, ..Default::default() };
            patiently(|| {
                let (mut client, ask) = (client.clone(), ask.clone());
                async move { client.get_case(ask).await }
            })
            .await
        }
    };
    let found = stream::iter(ids).map(read).buffered(AT_ONCE).try_collect::<Vec<_>>().await;
    Ok(found.map_err(uncounted)?.into_iter().filter_map(|answer| answer.case).collect())
}

/// One figure counted by hand, and the same of statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its name for people.
    pub name: &'static str,
    /// Counted one by one.
    pub counted: u64,
    /// As statistics has it; none where statistics did not say.
    pub statistics: Option<u64>,
}

/// The figures of a day beside those of statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The figures.
    pub figures: Vec<Figure>,
}

impl Comparison {
    /// Asks statistics for what the survey counted.
    ///
    /// # Errors
    /// Where statistics does not answer for a minute.
    pub async fn of(survey: &Survey, connections: &Connections) -> Result<Self, StackError> {
        let mut figures = Vec::new();
        let totals = indicators(connections, None).await?;
        let total = |id: &str| totals.get(id).copied();
        let mut add = |name, counted, statistics| figures.push(Figure { name, counted, statistics });
        add("reports            诉求", survey.reports, total("reports"));
        add("  repeat calls     重复", survey.repeats, total("repeat_rate"));
        add("cases              矛盾纠纷", survey.cases.len() as u64, total("cases"));
        add("pushes             推送", survey.all_pushes(), total("pushes"));
        for (name, level) in [
            ("  red              红", Level::Red),
            ("  orange           橙", Level::Orange),
            ("  yellow           黄", Level::Yellow),
        ] {
            let of_level = indicators(connections, Some(level)).await?;
            add(name, survey.pushes_of(level), of_level.get("pushes").copied());
        }
        add("  delivered        送达", survey.delivered, total("delivery_rate"));
        add("  signed           签收", survey.signed, total("sign_rate"));
        add("  returned         退回", survey.returned, total("return_rate"));
        add("  answered         反馈", survey.answered, total("feedback_rate"));
        add("resolved           办结", survey.resolved(), total("resolved_rate"));
        Ok(Self { figures })
    }

    /// Whether statistics says the same in every figure.
    pub fn agrees(&self) -> bool {
        self.figures.iter().all(|figure| figure.statistics == Some(figure.counted))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>10} {:>10}    of", "counted", "statistics")?;
        for figure in &self.figures {
            let said = figure.statistics.map_or("-".to_owned(), |number| number.to_string());
            let mark = if figure.statistics == Some(figure.counted) { "  " } else { "≠ " };
            writeln!(f, "{:>10} {said:>10}  {mark}{}", figure.counted, figure.name)?;
        }
        let verdict = if self.agrees() { "OK: statistics agrees" } else { "differs: see ≠" };
        write!(f, "{verdict}")
    }
}

/// The numerator of each indicator, of all there is or of one level.
async fn indicators(
    connections: &Connections,
    level: Option<Level>,
) -> Result<BTreeMap<String, u64>, StackError> {
    let client = connections.statistics("analyst")?;
    let now = Timestamp::now().as_second();
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let ask = QueryIndicatorsRequest {
        from: at(now - WINDOW_DAYS * 86_400),
        before: at(now + 86_400),
        levels: level.into_iter().map(Into::into).collect(),
        ..QueryIndicatorsRequest::default()
    };
    let answer = patiently(|| {
        let (mut client, ask) = (client.clone(), ask.clone());
        async move { client.query_indicators(ask).await }
    })
    .await
    .map_err(|status| StackError::Invalid(format!("statistics: {}", status.message())))?;
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(answer.rows.into_iter().map(|row| (row.indicator, number(row.numerator))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_pushed_for_cases_is_counted() {
        let at = Some(prost_types::Timestamp { seconds: 1_795_478_400, nanos: 0 });
        let push = |subject: PushSubject| Push {
            level: Level::Yellow.into(),
            subject: subject.into(),
            delivered_at: at,
            signed_at: at,
            ..Push::default()
        };
        let mut survey = Survey::default();
        survey.count_pushes(&[
            push(PushSubject::Case),
            push(PushSubject::Duty),
            push(PushSubject::Form),
            push(PushSubject::Unspecified),
        ]);
        assert_eq!((survey.all_pushes(), survey.pushes_of(Level::Yellow)), (2, 2));
        assert_eq!((survey.delivered, survey.signed, survey.returned), (2, 2, 0));
    }
}
