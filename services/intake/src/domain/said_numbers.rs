//! What was said as a telephone or an id number and is none: a digit wrong, hidden, two in one field.

use fengqiao_proto::{
    intake::v1::{Details, OwnField, Report, details::Form},
    types::v1::Party,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{id_number::IdNumber, phone::Phone, text};

/// The longest text that is kept as said.
pub const AS_SAID_LENGTH: usize = 80;
/// The field in which a hotline says it.
const CONTACT_FIELD: &str = "联系号码";
/// Between two telephones in one field.
const BETWEEN: &[char] = &['/', '／', '\\', '、', ',', '，', ';', '；', '|', '或', '和'];

/// The latest day that it may be anywhere: nobody of whom an id number tells is born after it.
#[must_use]
pub fn latest_day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date().tomorrow().unwrap_or(Date::MAX)
}

/// The report with what is no number of its people kept as it was said.
#[must_use]
pub fn of_report(mut report: Report, today: Date) -> Report {
    report.parties = report.parties.into_iter().map(|party| of_party(party, today)).collect();
    report.details = report.details.map(of_details);
    report
}

/// What a ticket says as the telephone under which its citizen is reached, and is none, is kept as the source's own.
fn of_details(mut details: Details) -> Details {
    let Some(Form::HotlineTicket(ticket)) = &mut details.form else { return details };
    if !ticket.contact_phone.is_empty() && Phone::read(&ticket.contact_phone).is_none() {
        let value = clipped(&std::mem::take(&mut ticket.contact_phone));
        details.own_fields.push(OwnField { name: CONTACT_FIELD.to_owned(), value });
    }
    details
}

/// A person with what is no number kept as it was said. Of several telephones in one field the first that is one is the
/// person's.
#[must_use]
pub fn of_party(mut party: Party, today: Date) -> Party {
    if !party.phone.is_empty() && Phone::read(&party.phone).is_none() {
        let said = std::mem::take(&mut party.phone);
        if let Some(first) = said.split(BETWEEN).find_map(Phone::read) {
            party.phone = first.into_text();
        }
        party.phone_as_said = clipped(&said);
    }
    if !party.id_number.is_empty() && IdNumber::read(&party.id_number, today).is_none() {
        party.id_number_as_said = clipped(&std::mem::take(&mut party.id_number));
    }
    party
}

fn clipped(said: &str) -> String {
    text::on_one_line(said.trim()).take(AS_SAID_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::HotlineTicket;
    use jiff::civil::date;

    use super::*;

    fn of(phone: &str, id_number: &str) -> [String; 4] {
        let said = Party { phone: phone.into(), id_number: id_number.into(), ..Party::default() };
        let party = of_party(said, date(2026, 11, 28));
        [party.phone, party.phone_as_said, party.id_number, party.id_number_as_said]
    }

    #[test]
    fn what_is_a_number_stays_one() {
        assert_eq!(
            of("+86 138-0000-0001", "11010519491231002x"),
            ["+86 138-0000-0001", "", "11010519491231002x", ""]
        );
        assert_eq!(of("", ""), ["", "", "", ""]);
    }

    #[test]
    fn what_is_none_is_kept_as_it_was_said() {
        assert_eq!(of("138****0001", "110105194912310021"), ["", "138****0001", "", "110105194912310021"]);
        assert_eq!(of("号码\n隐藏", " 无 "), ["", "号码 隐藏", "", "无"]);
        assert_eq!(of(&"1".repeat(500), "")[1].len(), AS_SAID_LENGTH);
    }

    #[test]
    fn a_contact_number_that_is_none_is_kept_as_the_sources_own() {
        let said = |phone: &str| {
            let ticket = HotlineTicket { contact_phone: phone.into(), ..Default::default() };
            let details = Details { form: Some(Form::HotlineTicket(ticket)), ..Default::default() };
            let report = Report { details: Some(details), ..Default::default() };
            let details = of_report(report, date(2026, 11, 28)).details.unwrap();
            let Some(Form::HotlineTicket(ticket)) = details.form else { panic!("no ticket") };
            (ticket.contact_phone, details.own_fields.into_iter().map(|own| own.value).collect::<Vec<_>>())
        };
        assert_eq!(said("13800000001"), ("13800000001".to_owned(), vec![]));
        assert_eq!(said("同来电"), (String::new(), vec!["同来电".to_owned()]));
    }

    #[test]
    fn of_two_telephones_the_first_that_is_one_is_the_persons() {
        assert_eq!(of("1380000/13800000001、13800000002", "")[0], "13800000001");
        assert_eq!(of("1380000/13800000001、13800000002", "")[1], "1380000/13800000001、13800000002");
    }
}
