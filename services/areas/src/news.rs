//! What routing tells of areas.

use fengqiao_messaging::{ApplyError, Envelope};
use fengqiao_proto::routing::v1::AreasActivated;
use prost::{Message as _, Name as _};

/// The areas that hold in a county from a version of its directory on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaNews {
    /// The county.
    pub county: String,
    /// The version of the directory that brought them.
    pub version: i32,
    /// The text of `areas.csv`.
    pub areas: String,
    /// The text of `area_codes.csv`.
    pub codes: Option<String>,
    /// The text of `area_changes.csv`.
    pub changes: Option<String>,
}

/// The newest areas that a batch of one county's events tells of. Events of other kinds say nothing here.
///
/// # Errors
/// [`ApplyError::Refuse`] for one that is not what it says.
pub fn newest_in(batch: &[Envelope]) -> Result<Option<AreaNews>, ApplyError> {
    let kind = AreasActivated::full_name();
    let told = batch.iter().filter(|event| event.kind == kind).map(read);
    Ok(told.collect::<Result<Vec<_>, _>>()?.into_iter().max_by_key(|news| news.version))
}

fn read(event: &Envelope) -> Result<AreaNews, ApplyError> {
    let AreasActivated { version, areas, area_codes, area_changes, .. } =
        AreasActivated::decode(event.payload.as_slice())
            .map_err(|_| event.refused("not an AreasActivated message"))?;
    if version < 1 || areas.is_empty() {
        return Err(event.refused("a version and the text of areas.csv are needed"));
    }
    Ok(AreaNews { county: event.county.clone(), version, areas, codes: area_codes, changes: area_changes })
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;

    use super::*;

    fn event(position: i64, payload: Vec<u8>) -> Envelope {
        Envelope {
            county: "421181".into(),
            topic: Topic::Routing,
            position,
            kind: AreasActivated::full_name(),
            payload,
            trace: None,
        }
    }

    fn told(version: i32) -> Vec<u8> {
        AreasActivated { version, areas: "code".into(), ..Default::default() }.encode_to_vec()
    }

    #[test]
    fn the_newest_of_a_batch_counts_and_other_kinds_do_not() {
        let other = Envelope { kind: "fengqiao.routing.v1.CaseChanged".into(), ..event(1, vec![0xff]) };
        assert_eq!(newest_in(std::slice::from_ref(&other)).unwrap(), None);
        let batch = [other, event(2, told(3)), event(3, told(4)), event(4, told(3))];
        assert_eq!(newest_in(&batch).unwrap().map(|news| news.version), Some(4));
    }

    #[test]
    fn what_is_no_news_is_refused_by_its_position() {
        for payload in
            [vec![0xff], told(0), AreasActivated { version: 1, ..Default::default() }.encode_to_vec()]
        {
            let refused = newest_in(&[event(6, told(1)), event(7, payload)]);
            assert!(matches!(refused, Err(ApplyError::Refuse { position: 7, .. })));
        }
    }
}
