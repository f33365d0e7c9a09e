//! One-key calls (一键呼叫; S4-10): what the county's devices say of who pressed and where, so that the press alone is a
//! whole report.

use fengqiao_county::{Device, Devices};
use fengqiao_proto::{
    intake::v1::Report,
    types::v1::{Party, PartyRole, Source},
};

use super::{phone::Phone, validation::MOST_PARTIES};

const TITLE: &str = "一键呼叫";

/// Fills what a one-key call leaves out from the county's devices. Returns the post that is called first; empty where
/// no device says, and of any other report. A press is never refused for a device that nobody has registered: it is
/// then somewhere in the county (its 6-digit code), and the centre's desk finds out where.
pub fn complete(report: &mut Report, devices: &Devices, county: &str) -> String {
    // One with too many people is refused, and costs nothing here either.
    if report.source != i32::from(Source::OneKeyCall) || report.parties.len() > MOST_PARTIES {
        return String::new();
    }
    let named = report.details.as_ref().is_some_and(|details| !details.device.is_empty());
    let device = device_of(report, devices);
    if report.title.is_empty() {
        report.title = TITLE.to_owned();
    }
    let Some(device) = device else {
        if report.area_code.is_empty() && named {
            report.area_code = county.to_owned();
        }
        return String::new();
    };
    // A list that has no column for the area says the county; the device knows better.
    if report.area_code.is_empty() || is_whole(&report.area_code, county) {
        report.area_code.clone_from(&device.area_code);
    }
    if report.address.is_empty() {
        report.address.clone_from(&device.address);
    }
    let reported = report.parties.iter().any(|party| party.role == i32::from(PartyRole::Reporter));
    let lives_there = !device.name.is_empty() || !device.phone.is_empty();
    if !reported && lives_there {
        report.parties.push(Party {
            role: PartyRole::Reporter.into(),
            name: device.name.clone(),
            phone: device.phone.clone(),
            ..Party::default()
        });
    }
    device.first_contact.clone()
}

/// Whether an area is the whole county, in 6 or 12 digits.
fn is_whole(area_code: &str, county: &str) -> bool {
    area_code.strip_prefix(county).is_some_and(|rest| rest.chars().all(|digit| digit == '0'))
}

/// The device that is named, else the one that called with the phone of who reported.
fn device_of<'a>(report: &Report, devices: &'a Devices) -> Option<&'a Device> {
    let named = report.details.as_ref().and_then(|details| devices.by_code(&details.device));
    named.or_else(|| {
        let reporters = report.parties.iter().filter(|party| party.role == i32::from(PartyRole::Reporter));
        reporters
            .filter_map(|party| Phone::read(&party.phone))
            .find_map(|phone| devices.by_phone(phone.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fengqiao_county::County;
    use fengqiao_proto::intake::v1::Details;

    use super::*;

    fn macheng() -> County {
        County::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")).unwrap()
    }

    fn press(device: &str, phone: &str) -> Report {
        let party = Party { role: PartyRole::Reporter.into(), phone: phone.into(), ..Default::default() };
        Report {
            source: Source::OneKeyCall.into(),
            details: Some(Details { device: device.into(), ..Default::default() }),
            parties: if phone.is_empty() { Vec::new() } else { vec![party] },
            ..Default::default()
        }
    }

    #[test]
    fn s4_10_a_press_alone_says_who_and_where() {
        let devices = macheng().devices;
        let mut pressed = press("YL-0101", "");
        assert_eq!(complete(&mut pressed, &devices, "421181"), "building-head");
        assert_eq!((pressed.title.as_str(), pressed.area_code.as_str()), ("一键呼叫", "421181001001001"));
        assert!(!pressed.address.is_empty());
        assert_eq!((pressed.parties.len(), pressed.parties[0].role()), (1, PartyRole::Reporter));
        // The phone is a device too, however it is written; and what the report says itself stays.
        let mut called = Report { address: "门口".into(), ..press("", "+86 154-2005-0002") };
        assert_eq!(complete(&mut called, &devices, "421181"), "building-head");
        assert_eq!((called.address.as_str(), called.parties.len()), ("门口", 1));
    }

    #[test]
    fn the_device_s_area_holds_against_the_county_s_and_no_other() {
        let devices = macheng().devices;
        for (said, held) in
            [("421181", "421181001001001"), ("421181000000", "421181001001001"), ("421181105", "421181105")]
        {
            let mut pressed = Report { area_code: said.into(), ..press("YL-0101", "") };
            complete(&mut pressed, &devices, "421181");
            assert_eq!(pressed.area_code, held);
        }
    }

    #[test]
    fn a_press_of_an_unknown_device_is_somewhere_in_the_county() {
        let devices = macheng().devices;
        let mut unknown = press("nobody-s", "");
        assert_eq!(complete(&mut unknown, &devices, "421181"), "");
        assert_eq!(unknown.area_code, "421181");
        // Neither device nor area: nothing says that it is of this county.
        let mut bare = press("", "");
        complete(&mut bare, &devices, "421181");
        assert_eq!(bare.area_code, "");
        let mut other = Report { source: Source::Grid.into(), ..press("YL-0101", "") };
        complete(&mut other, &devices, "421181");
        assert_eq!((other.area_code.as_str(), other.title.as_str()), ("", ""));
    }
}
