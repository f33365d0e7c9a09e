//! Is an activity right, and what of it is kept in the clear?

use fengqiao_proto::{
    intake::v1::{Activity, ActivityKind},
    types::v1::Source,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    area::AreaCode,
    details::check_own,
    text,
    validation::{Circumstances, Violation, Violations, area_of, moment, source_of, source_ref},
};

pub(crate) const MOST_COUNT: i32 = 1_000_000;
pub(crate) const AGENCY_LENGTH: usize = 64;
pub(crate) const PERSON_LENGTH: usize = 80;
pub(crate) const SUBJECT_LENGTH: usize = 200;
pub(crate) const TEXT_LENGTH: usize = 2_000;
/// Nobody is out longer at a stretch.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// An activity whose every field was found right.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidActivity {
    /// The door it came through.
    pub source: Source,
    /// What was done.
    pub kind: ActivityKind,
    /// Where it belongs.
    pub area: AreaCode,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended; as it began where it took no time.
    pub ended_at: Timestamp,
    /// The whole of it, as it came.
    pub content: Activity,
}

/// Takes an activity apart into what is right, or says everything that is wrong.
///
/// # Errors
/// Every violation, in the order of the fields.
pub fn validate(activity: Activity, about: &Circumstances<'_>) -> Result<ValidActivity, Vec<Violation>> {
    let mut wrong = Violations::default();
    let source = wrong.check("source", source_of(activity.source));
    wrong.check("sourceRef", source_ref(&activity.source_ref));
    let kind = wrong.check("kind", kind_of(activity.kind));
    let area = wrong.check("areaCode", area_of(&activity.area_code, about));
    let begun_at = wrong.check("begunAt", moment(activity.begun_at.as_ref(), about.now));
    let ended_at = match (&activity.ended_at, begun_at) {
        (Some(ended), Some(begun)) => wrong.check("endedAt", end_of(ended, begun, about.now)),
        (None, begun) => begun,
        (Some(_), None) => None,
    };
    if !(0..=MOST_COUNT).contains(&activity.count) {
        wrong.add("count", format!("must be 0 to {MOST_COUNT}"));
    }
    wrong.check("agency", text::single_line(&activity.agency, AGENCY_LENGTH));
    wrong.check("person", text::single_line(&activity.person, PERSON_LENGTH));
    wrong.check("subject", text::single_line(&activity.subject, SUBJECT_LENGTH));
    wrong.check("text", text::lines(&activity.text, TEXT_LENGTH));
    check_own(&activity.own_fields, "ownFields", &mut |path, right| wrong.add(path, right));
    if !activity.duty_id.is_empty() && uuid::Uuid::try_parse(&activity.duty_id).is_err() {
        wrong.add("dutyId", "must be a UUID".to_owned());
    }
    match (source, kind, area, begun_at, ended_at) {
        (Some(source), Some(kind), Some((_, area)), Some(begun_at), Some(ended_at)) if wrong.is_empty() => {
            Ok(ValidActivity { source, kind, area, begun_at, ended_at, content: activity })
        }
        _ => Err(wrong.into_inner()),
    }
}

fn kind_of(number: i32) -> Result<ActivityKind, text::Fault> {
    match ActivityKind::try_from(number) {
        Ok(ActivityKind::Unspecified) => Err("must be given".to_owned()),
        Ok(kind) => Ok(kind),
        Err(_) => Err("must be one of the known kinds".to_owned()),
    }
}

fn end_of(
    ended: &prost_types::Timestamp,
    begun: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, text::Fault> {
    let ended = moment(Some(ended), now)?;
    let lasted = ended.duration_since(begun);
    if lasted < SignedDuration::ZERO || lasted > LONGEST {
        return Err("must be at most 24 hours after the begin, and not before it".to_owned());
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::validation::tests::NOW;

    fn faults(change: impl FnOnce(&mut Activity)) -> Vec<String> {
        let begun = fengqiao_serving::time::to_proto(NOW - SignedDuration::from_hours(2));
        let mut activity = Activity {
            source: Source::Grid.into(),
            source_ref: "V-1".into(),
            kind: ActivityKind::Visit.into(),
            area_code: "421181105204".into(),
            begun_at: Some(begun),
            ended_at: Some(prost_types::Timestamp { seconds: begun.seconds + 1800, ..begun }),
            count: 1,
            ..Default::default()
        };
        change(&mut activity);
        let standing_area = |code: &str| (code == "421181105204").then(|| code.to_owned());
        let today = jiff::civil::date(2026, 11, 24);
        let about = Circumstances { county: "421181", now: NOW, today, standing_area: &standing_area };
        let found = validate(activity, &about).err().unwrap_or_default();
        found.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert!(faults(|_| {}).is_empty());
        assert!(faults(|activity| activity.ended_at = None).is_empty());
        assert_eq!(
            faults(|activity| *activity = Activity::default()),
            ["source", "sourceRef", "kind", "areaCode", "begunAt"]
        );
        assert_eq!(faults(|activity| activity.count = -1), ["count"]);
        assert_eq!(faults(|activity| activity.ended_at.as_mut().unwrap().seconds -= 3600), ["endedAt"]);
        assert_eq!(faults(|activity| activity.person = "a\0".into()), ["person"]);
        assert_eq!(faults(|activity| activity.duty_id = "7".into()), ["dutyId"]);
    }
}
