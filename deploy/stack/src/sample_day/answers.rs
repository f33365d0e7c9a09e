//! What an agency does with a push: always the same for the same push, so that a day played through
//! deaths and restarts ends as it would have without.

use fengqiao_masking::{Telling, mask_matter};
use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, Push, ReceiptState, ReturnReason},
    types::v1::{FormKind, Level},
};
use sha2::{Digest, Sha256};

/// What an agency does next with a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Takes the assignment.
    Sign,
    /// Refuses it.
    Return(ReturnReason),
    /// Says what it did.
    Answer(FeedbackOutcome),
}

/// What an agency does with a push in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Leave,
    Return,
    Sign,
    Answer,
}

/// What is to be done next with a push in this state, or nothing any more.
pub(super) fn next_step(push: &Push) -> Option<Step> {
    match (push.receipt(), plan(push)) {
        (ReceiptState::Unsigned, Plan::Return) => Some(Step::Return(reason(push))),
        (ReceiptState::Unsigned, Plan::Sign | Plan::Answer) => Some(Step::Sign),
        (ReceiptState::Signed, Plan::Answer) => Some(Step::Answer(outcome(push))),
        _ => None,
    }
}

/// Red is always taken and answered. Of the rest some is returned, some not signed, some not answered:
/// a day on which all rates are 100 % would be believed by nobody.
fn plan(push: &Push) -> Plan {
    if push.level() == Level::Red {
        return Plan::Answer;
    }
    let draw = draw(push, "plan");
    match push.form() {
        FormKind::NoticeForm => pick(draw, 0, 45, 90),
        _ if push.agency == "centre" => pick(draw, 0, 70, 100),
        _ if push.agency.starts_with("town-") => pick(draw, 2, 62, 97),
        _ if push.agency.starts_with("justice-") => pick(draw, 2, 57, 95),
        _ => pick(draw, 5, 80, 96),
    }
}

fn pick(draw: u32, returns: u32, answers: u32, signs: u32) -> Plan {
    match draw {
        d if d < returns => Plan::Return,
        d if d < answers => Plan::Answer,
        d if d < signs => Plan::Sign,
        _ => Plan::Leave,
    }
}

fn reason(push: &Push) -> ReturnReason {
    match draw(push, "reason") {
        0..60 => ReturnReason::NotOurDuty,
        60..85 => ReturnReason::NotOurArea,
        _ => ReturnReason::Insufficient,
    }
}

fn outcome(push: &Push) -> FeedbackOutcome {
    match draw(push, "outcome") {
        0..70 => FeedbackOutcome::Done,
        70..95 => FeedbackOutcome::InProgress,
        _ => FeedbackOutcome::Cannot,
    }
}

/// What the agency writes when it returns or answers.
pub(super) fn words(push: &Push, step: Step) -> &'static str {
    let choice = draw(push, "words") as usize;
    let choose = |all: &[&'static str]| all[choice % all.len()];
    match step {
        Step::Sign => "",
        Step::Return(ReturnReason::NotOurArea) => "经核实，该地点不在本单位辖区，请改派。",
        Step::Return(ReturnReason::Insufficient) => "联系方式无人接听、地点不详，请补充信息后再派。",
        Step::Return(_) => "该事项不属本单位职责，建议转主管部门办理。",
        Step::Answer(FeedbackOutcome::Done) => choose(&[
            "已上门走访，双方达成口头协议，当场和解。",
            "已组织双方到调解室调解，签订调解协议书，一周后回访。",
            "已责成责任方整改，今日完成，反映人表示满意。",
            "民警与网格员联合到场，矛盾已平息，列入重点关注。",
        ]),
        Step::Answer(FeedbackOutcome::Cannot) => "双方分歧大，调解未成，已告知依法诉讼途径。",
        Step::Answer(_) => choose(&[
            "已与当事人电话联系，约定明日上门调解。",
            "已到现场查看，正在核实情况，三日内反馈结果。",
            "已会同司法所、村委会研究，择日召开调解会。",
        ]),
    }
}

/// A number below 100 that depends only on what the push says, not on ids or times. What it says of people does not
/// count: the agency reads it, and who lists its pushes for it does not.
fn draw(push: &Push, about: &str) -> u32 {
    let matter = push.matter.clone().map(|matter| mask_matter(matter, &Telling::ALL));
    let told = matter.as_ref().map_or(push.case_number.as_str(), |matter| matter.narrative.as_str());
    let place = matter.as_ref().map_or("", |matter| matter.address.as_str());
    draw_of(&[about, &push.agency, &push.level.to_string(), &push.form.to_string(), told, place])
}

/// A number below 100 that depends only on the words.
pub(super) fn draw_of(words: &[&str]) -> u32 {
    let hash = Sha256::digest(words.join("\n"));
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(agency: &str, level: Level, narrative: &str) -> Push {
        let matter = fengqiao_proto::types::v1::Matter { narrative: narrative.into(), ..Default::default() };
        Push {
            push_id: uuid::Uuid::now_v7().to_string(),
            agency: agency.into(),
            level: level.into(),
            form: FormKind::ReportForm.into(),
            receipt: ReceiptState::Unsigned.into(),
            matter: Some(matter),
            ..Default::default()
        }
    }

    #[test]
    fn the_same_push_is_treated_alike_whatever_its_id() {
        for n in 0..100 {
            let told = format!("诉求{n}");
            let (one, two) = (push("police", Level::Orange, &told), push("police", Level::Orange, &told));
            assert_eq!(next_step(&one), next_step(&two));
        }
    }

    #[test]
    fn who_lists_a_push_for_an_agency_sees_the_same_step_without_its_people() {
        for n in 0..100 {
            let mut own = push("police", Level::Orange, &format!("王小芳第{n}次来电，电话13800000000"));
            let party = fengqiao_proto::types::v1::Party { name: "王小芳".into(), ..Default::default() };
            own.matter.as_mut().unwrap().parties = vec![party];
            let mut listed = own.clone();
            listed.matter = own.matter.clone().map(|matter| mask_matter(matter, &Telling::ALL));
            listed.matter.as_mut().unwrap().parties.clear();
            assert_ne!(own.matter, listed.matter);
            assert_eq!(next_step(&own), next_step(&listed));
        }
    }

    #[test]
    fn red_is_always_taken_and_most_of_the_rest() {
        assert_eq!(next_step(&push("police", Level::Red, "x")), Some(Step::Sign));
        let signed = (0..200)
            .filter(|n| next_step(&push("housing", Level::Yellow, &n.to_string())) == Some(Step::Sign));
        assert!((160..198).contains(&signed.count()));
    }

    #[test]
    fn what_is_answered_returned_or_recalled_is_done_with() {
        for state in [ReceiptState::Answered, ReceiptState::Returned, ReceiptState::Recalled] {
            let mut done = push("police", Level::Red, "x");
            done.receipt = state.into();
            assert_eq!(next_step(&done), None);
        }
    }
}
