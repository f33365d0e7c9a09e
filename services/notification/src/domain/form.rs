//! Forms: how one is numbered and dated, to whom it goes, and what of a matter its recipient sees.

use fengqiao_calendar::Calendar;
use fengqiao_forms::{CountyForms, FormRule, Numbering, RecipientKind};
use fengqiao_proto::{
    notification::v1::FormContent,
    types::v1::{FormKind, Level, Matter},
};
use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;

use super::push::RequestedPush;

/// Crockford's digits: none is taken for another when it is read from paper.
const CODE_DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 60 bits: nobody finds a code by trying.
const CODE_LENGTH: usize = 12;
/// Groups in which a code stands on paper.
const CODE_GROUP: usize = 4;

/// What of a county decides about its forms.
#[derive(Debug)]
pub struct CountyOffice {
    /// Its kinds of forms.
    pub forms: CountyForms,
    /// Its working days.
    pub calendar: Calendar,
    /// The zone of its days and years.
    pub zone: TimeZone,
    /// In whose name forms are issued where nobody else is named.
    pub desk: String,
}

/// A form before it has its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormDraft {
    /// The document.
    pub kind: FormKind,
    /// Its title.
    pub title: String,
    /// In whose name: an agency.
    pub issuer: String,
    /// The issuer's name.
    pub issuer_name: String,
    /// How it is numbered.
    pub numbering: Numbering,
    /// In which year of the county's days.
    pub year: i16,
    /// The version of its template.
    pub template_version: String,
    /// The agency's name; empty where it goes to none.
    pub agency_name: String,
    /// As what its recipient sees it.
    pub recipient_kind: String,
    /// By when it has to be signed.
    pub sign_by: Option<Timestamp>,
    /// By when it has to be answered.
    pub answer_by: Option<Timestamp>,
    /// The code for checking, without hyphens.
    pub check_code: String,
}

/// A form that is issued by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedForm {
    /// The county's 6-digit code.
    pub county: String,
    /// The id, also of its push.
    pub form_id: Uuid,
    /// How it is numbered and dated.
    pub draft: FormDraft,
    /// To which agency; empty where it goes to none.
    pub agency: String,
    /// The case that it speaks of.
    pub case_id: Option<Uuid>,
    /// The case's number.
    pub case_number: String,
    /// The level.
    pub level: Level,
    /// When.
    pub issued_at: Timestamp,
    /// Who issued it.
    pub issued_by: String,
    /// Makes it repeatable.
    pub request_id: String,
    /// Whether it is an exercise.
    pub drill: bool,
    /// What it says.
    pub content: FormContent,
}

/// A form as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredForm {
    /// The county's 6-digit code.
    pub county: String,
    /// The id, also of its push.
    pub form_id: Uuid,
    /// Whether there is a push of it.
    pub pushed: bool,
    /// The document.
    pub kind: FormKind,
    /// Its title.
    pub title: String,
    /// In whose name: an agency.
    pub issuer: String,
    /// The issuer's name.
    pub issuer_name: String,
    /// The whole number.
    pub number: String,
    /// The version of its template.
    pub template_version: String,
    /// To which agency; empty where it went to none.
    pub agency: String,
    /// The agency's name.
    pub agency_name: String,
    /// As what its recipient sees it.
    pub recipient_kind: String,
    /// The case, or the duty besides cases.
    pub case_id: Option<Uuid>,
    /// The case's number.
    pub case_number: String,
    /// The level.
    pub level: Level,
    /// When.
    pub issued_at: Timestamp,
    /// Who issued it.
    pub issued_by: String,
    /// By when it has to be signed.
    pub sign_by: Option<Timestamp>,
    /// By when it has to be answered.
    pub answer_by: Option<Timestamp>,
    /// The code for checking, without hyphens.
    pub check_code: String,
    /// Whether it is an exercise.
    pub drill: bool,
    /// The SHA-256 of its paper, where there is one.
    pub paper_sha256: Option<Vec<u8>>,
}

impl CountyOffice {
    /// The form of a push that routing asks for; none where the county has no such form.
    #[must_use]
    pub fn form_of_push(&self, push: &RequestedPush, random: u64) -> Option<FormDraft> {
        let recipient = self.forms.recipient(&push.agency, &push.agency_kind);
        let named = if push.agency_name.is_empty() {
            self.forms.agency(&push.agency).map_or(push.agency.as_str(), |agency| agency.name.as_str())
        } else {
            push.agency_name.as_str()
        };
        let rule = self.forms.rule(push.form)?;
        let draft = self.draft(rule, &self.desk, named, recipient, push.level, push.requested_at, random)?;
        // What the case's own clocks say goes before what the kind of form says.
        let (sign_by, answer_by) = (push.sign_by.or(draft.sign_by), push.answer_by.or(draft.answer_by));
        Some(FormDraft { sign_by, answer_by, ..draft })
    }

    /// A form of a kind; none where the issuer issues nothing.
    #[must_use]
    #[allow(clippy::too_many_arguments)]
    pub fn draft(
        &self,
        rule: &FormRule,
        issuer: &str,
        agency_name: &str,
        recipient: &RecipientKind,
        level: Level,
        issued_at: Timestamp,
        random: u64,
    ) -> Option<FormDraft> {
        let year = self.zone.to_datetime(issued_at).year();
        let due = |limit| self.calendar.due(&self.zone, issued_at, limit, &[], issued_at);
        Some(FormDraft {
            kind: rule.kind,
            title: rule.title.clone(),
            issuer: issuer.to_owned(),
            issuer_name: self.forms.issuer(issuer)?.name.clone(),
            numbering: self.forms.numbering(rule.kind, issuer, year)?,
            year,
            template_version: rule.template.version.clone(),
            agency_name: agency_name.to_owned(),
            recipient_kind: recipient.name.clone(),
            sign_by: rule.sign.at(level).map(due),
            answer_by: rule.answer.at(level).map(due),
            check_code: check_code(random),
        })
    }
}

impl StoredForm {
    /// What stands on paper: what a template reads as `form.json`.
    #[must_use]
    pub fn on_paper(&self, content: &FormContent, zone: &TimeZone) -> serde_json::Value {
        let addressee = if self.agency.is_empty() { &content.addressee } else { &self.agency_name };
        let limit = |at: Option<Timestamp>| at.map(|at| written_until(at, zone)).unwrap_or_default();
        serde_json::json!({
            "drill": self.drill,
            "issuer": self.issuer_name,
            "title": self.title,
            "number": self.number,
            "addressee": addressee,
            "level": level_word(self.level),
            "case_number": self.case_number,
            "area": content.area_name,
            "reason": content.reason,
            "issued": written_day(self.issued_at, zone),
            "sign_by": limit(self.sign_by),
            "answer_by": limit(self.answer_by),
            "check_code": grouped(&self.check_code),
            "matter": content.matter.as_ref().map(matter_on_paper),
            "fields": content.fields.iter().map(|field| serde_json::json!({
                "label": field.label, "text": field.text,
            })).collect::<Vec<_>>(),
        })
    }
}

fn matter_on_paper(matter: &Matter) -> serde_json::Value {
    serde_json::json!({
        "title": matter.title,
        "need": matter.need,
        "safe_contact_time": matter.safe_contact_time,
        "narrative": matter.narrative,
        "address": matter.address,
        "parties": matter.parties.iter().map(|party| serde_json::json!({
            "role": match party.role() {
                fengqiao_proto::types::v1::PartyRole::Reporter => "诉求人",
                fengqiao_proto::types::v1::PartyRole::Respondent => "被诉方",
                fengqiao_proto::types::v1::PartyRole::Victim => "受害人",
                fengqiao_proto::types::v1::PartyRole::Witness => "证人",
                fengqiao_proto::types::v1::PartyRole::Unspecified => "当事人",
            },
            "name": party.name,
            "phone": party.phone,
            "id_number": party.id_number,
        })).collect::<Vec<_>>(),
    })
}

/// What the push of a form that was issued by hand says, for agencies' systems that read pushes and no forms.
#[must_use]
pub fn as_matter(title: &str, content: &FormContent) -> Matter {
    let said: Vec<String> =
        content.fields.iter().map(|field| format!("{}：{}", field.label, field.text)).collect();
    let title =
        if content.reason.is_empty() { title.to_owned() } else { format!("{title}：{}", content.reason) };
    Matter { title, narrative: said.join("\n"), ..Matter::default() }
}

const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Red => "红色",
        Level::Orange => "橙色",
        Level::Yellow => "黄色",
        Level::Blue => "蓝色",
        Level::Unspecified => "",
    }
}

/// A day, as documents write it.
fn written_day(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y年%-m月%-d日").to_string()
}

/// The end of a limit, as documents write it; midnight belongs to the day before.
fn written_until(at: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at);
    if local.time() == jiff::civil::Time::midnight() {
        let day = fengqiao_calendar::last_day(at, zone);
        return format!("{}24时", day.strftime("%Y年%-m月%-d日"));
    }
    local
        .strftime(if local.minute() == 0 {
            "%Y年%-m月%-d日%-H时"
        } else {
            "%Y年%-m月%-d日%-H时%M分"
        })
        .to_string()
}

/// A code for checking of 60 random bits.
#[must_use]
pub fn check_code(random: u64) -> String {
    let digit = |at: usize| char::from(CODE_DIGITS[(random >> (5 * at) & 31) as usize]);
    (0..CODE_LENGTH).map(digit).collect()
}

/// A code as it stands on paper: in groups.
#[must_use]
pub fn grouped(code: &str) -> String {
    let digits: Vec<char> = code.chars().collect();
    let groups: Vec<String> = digits.chunks(CODE_GROUP).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// Reads a code as people type it; none where it can be none.
#[must_use]
pub fn typed_code(text: &str) -> Option<String> {
    if text.len() > 4 * CODE_LENGTH {
        return None;
    }
    let digits: String = text
        .chars()
        .filter(|digit| !matches!(digit, '-' | ' ' | '－'))
        .map(|digit| match digit.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            digit => digit,
        })
        .collect();
    let fits = digits.len() == CODE_LENGTH && digits.bytes().all(|digit| CODE_DIGITS.contains(&digit));
    fits.then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_it_stands_on_paper_and_as_people_type_it() {
        let code = check_code(0x0123_4567_89ab_cdef);
        assert_eq!(typed_code(&grouped(&code)).as_ref(), Some(&code));
        assert_eq!(grouped(&code).len(), 14);
        assert_eq!(typed_code("oooo-iiii llll").as_deref(), Some("000011111111"));
        assert_eq!(
            (typed_code("0000"), typed_code("0000-0000-000U"), typed_code(&"0".repeat(99))),
            (None, None, None)
        );
    }

    proptest! {
        #[test]
        fn every_code_is_read_back(random: u64) {
            let code = check_code(random);
            prop_assert_eq!(typed_code(&grouped(&code).to_lowercase()), Some(code));
        }
    }

    #[test]
    fn midnight_is_the_end_of_the_day_before() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(written_until(at("2026-12-08T16:00:00Z"), &zone), "2026年12月8日24时");
        assert_eq!(written_until(at("2026-12-08T13:00:00Z"), &zone), "2026年12月8日21时");
        assert_eq!(written_until(at("2026-12-08T13:05:00Z"), &zone), "2026年12月8日21时05分");
        assert_eq!(written_day(at("2026-12-31T16:00:00Z"), &zone), "2027年1月1日");
    }
}
