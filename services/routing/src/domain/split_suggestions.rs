//! Open cases with reports that an officer said in intake to be of another dispute: the centre's desk is asked whether they
//! are to be split off. Nothing here splits.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    duty::Holder,
    merge_suggestions::PairedCase,
    standing::{Office, StandingDuty, StandingKind, Subject},
};

/// A case that the desk is to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedCase {
    /// Intake's decision.
    pub decision_id: Uuid,
    /// The officer who said so.
    pub decided_by: String,
    /// The case.
    pub case: PairedCase,
    /// Where it is.
    pub area_code: String,
    /// The reports of it that are of another dispute, the oldest first.
    pub report_ids: Vec<Uuid>,
}

/// The most reports that a duty's words name.
const MOST_REPORTS: usize = 10;

/// The duty to look whether reports are to be split off a case (分案研判).
#[must_use]
pub fn suggestion(id: Uuid, mixed: &MixedCase, now: Timestamp, office: Office<'_>) -> StandingDuty {
    StandingDuty {
        id,
        kind: StandingKind::Splitting,
        group: String::new(),
        period: None,
        area_code: mixed.area_code.clone(),
        place: None,
        topic: "分案".to_owned(),
        restricted: false,
        parent: None,
        subject: Subject { words: words(mixed), found_by: None, rectified_by: None },
        created_at: now,
        created_by: mixed.decided_by.clone(),
        duty: office.owed(StandingKind::Splitting, Holder::agency(office.directory.desk()), now, None),
        record: None,
    }
}

fn words(mixed: &MixedCase) -> String {
    let MixedCase { decided_by, case, report_ids, .. } = mixed;
    let named: Vec<String> = report_ids.iter().take(MOST_REPORTS).map(Uuid::to_string).collect();
    let more = if report_ids.len() > named.len() { "等" } else { "" };
    format!(
        "事项{}中有{}件诉求经{decided_by}认定属另一纠纷（{}{more}），请研判是否分案",
        case.number,
        report_ids.len(),
        named.join("、"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_how_many_reports_and_name_no_more_than_can_be_read() {
        let mixed = |count: usize| MixedCase {
            decision_id: Uuid::nil(),
            decided_by: "officer-feng".to_owned(),
            case: PairedCase { id: Uuid::nil(), number: "20261102-0017".to_owned() },
            area_code: "421181".to_owned(),
            report_ids: vec![Uuid::max(); count],
        };
        let one = format!(
            "事项20261102-0017中有1件诉求经officer-feng认定属另一纠纷（{}），请研判是否分案",
            Uuid::max()
        );
        assert_eq!(words(&mixed(1)), one);
        let many = words(&mixed(500));
        assert!(many.contains("有500件") && many.contains("等）") && many.chars().count() < 500, "{many}");
    }
}
