//! What a report says, as a digest: the same content gives the same, whatever its spacing on the wire.

use prost::Message;
use sha2::{Digest as _, Sha256};

use super::report::ValidReport;

/// The digest of a report's content. It covers people whose data can be guessed (a phone has few
/// digits), so it is kept only as a keyed hash of this.
#[must_use]
pub fn fingerprint(report: &ValidReport) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut field = |bytes: &[u8]| {
        // The length goes before the field, so that nothing moves from one into the next unseen.
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    field(&report.occurred_at.as_nanosecond().to_be_bytes());
    // As it was named: what comes again after the area has a successor is still the same.
    field(report.named_area.as_bytes());
    field(report.address.as_bytes());
    field(report.title.as_bytes());
    field(report.narrative.as_bytes());
    field(report.category.as_bytes());
    field(&(report.parties.len() as u64).to_be_bytes());
    for party in &report.parties {
        field(&i32::from(party.role).to_be_bytes());
        field(party.name.as_bytes());
        field(party.phone.as_ref().map_or("", |phone| phone.as_str()).as_bytes());
        field(party.id_number.as_ref().map_or("", |id| id.as_str()).as_bytes());
    }
    // Only where they are given, so that what was sent before there were any is still the same.
    if report.confidential || report.details.is_some() {
        field(&[u8::from(report.confidential)]);
        field(&report.details.as_ref().map(Message::encode_to_vec).unwrap_or_default());
    }
    if !report.need.is_empty() || !report.safe_contact_time.is_empty() {
        field(report.need.as_bytes());
        field(report.safe_contact_time.as_bytes());
    }
    for (index, party) in report.parties.iter().enumerate() {
        if !(party.phone_as_said.is_empty() && party.id_number_as_said.is_empty()) {
            field(&(index as u64).to_be_bytes());
            field(party.phone_as_said.as_bytes());
            field(party.id_number_as_said.as_bytes());
        }
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::{Details, OwnField};

    use super::*;
    use crate::domain::validation::tests::{NOW, sound, validated};

    #[test]
    fn the_same_content_in_another_writing_is_the_same() {
        let mut spaced = sound();
        spaced.parties[0].phone = "+86 138-0000-0000".into();
        assert_eq!(fingerprint(&validated(&spaced, NOW)), fingerprint(&validated(&sound(), NOW)));
    }

    #[test]
    fn each_field_counts() {
        let whole = fingerprint(&validated(&sound(), NOW));
        let changes: [fn(&mut fengqiao_proto::intake::v1::Report); 9] = [
            |r| r.title.push('x'),
            |r| r.narrative.clear(),
            |r| r.address.push('x'),
            |r| r.category = "别的".into(),
            |r| r.parties.truncate(1),
            |r| r.parties.swap(0, 1),
            |r| r.area_code = "421181105000".into(),
            |r| r.confidential = true,
            |r| {
                let field = OwnField { name: "渠道".into(), value: "电话".into() };
                r.details = Some(Details { own_fields: vec![field], ..Default::default() });
            },
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut report = sound();
            change(&mut report);
            assert_ne!(fingerprint(&validated(&report, NOW)), whole, "change {index}");
        }
    }

    #[test]
    fn a_text_moved_to_the_next_field_is_another_content() {
        let (mut one, mut two) = (sound(), sound());
        (one.title, one.narrative) = ("ab".into(), "c".into());
        (two.title, two.narrative) = ("a".into(), "bc".into());
        assert_ne!(fingerprint(&validated(&one, NOW)), fingerprint(&validated(&two, NOW)));
    }
}
