//! What comes of content that is not the whole of a report by itself: a state of a ticket, or a report that says nothing of
//! the form that is held.

use fengqiao_proto::intake::v1::{Details, Report, details::Form};

use super::ticket_states::{join, ticket_of};

/// Whether content may take the place of what is held without a look at that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// It says all that there is: a call that is folded from all its records.
    Always,
    /// It may, unless details are held: it does not carry those.
    UnlessDetailed,
    /// It is one state of several.
    Never,
}

impl Whole {
    /// Of content with these details.
    #[must_use]
    pub fn of(details: Option<&Details>) -> Self {
        match details.and_then(|details| details.form.as_ref()) {
            Some(Form::PoliceCall(_)) => Self::Always,
            Some(Form::HotlineTicket(_)) => Self::Never,
            None => Self::UnlessDetailed,
        }
    }

    /// Whether it may take the place of content that is held, with details or not.
    #[must_use]
    pub const fn replaces(self, detailed: bool) -> bool {
        match self {
            Self::Always => true,
            Self::UnlessDetailed => !detailed,
            Self::Never => false,
        }
    }
}

/// What is held, with what was brought. A ticket says of when it is, or came later than what is held of the same stage:
/// the newer state holds. What has no form says nothing of its time and is a new content, but what it does not carry is
/// not dropped: it says no more of it than it knows.
#[must_use]
pub fn complete(held: Report, brought: Report) -> Report {
    if ticket_of(&brought).is_some() { join(held, brought) } else { keep(held, brought) }
}

fn keep(held: Report, mut brought: Report) -> Report {
    let Some(held_details) = held.details else { return brought };
    // A list has no column for everything that the source's form knows; nobody is shown for that.
    brought.confidential |= held.confidential && held_details.form.is_some();
    let Some(details) = &mut brought.details else {
        return Report { details: Some(held_details), ..brought };
    };
    details.form = details.form.take().or(held_details.form);
    details.source_category = details.source_category.take().or(held_details.source_category);
    for (said, held) in
        [(&mut details.device, held_details.device), (&mut details.part_of, held_details.part_of)]
    {
        if said.is_empty() {
            *said = held;
        }
    }
    if details.own_fields.is_empty() {
        details.own_fields = held_details.own_fields;
    }
    brought
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::{HotlineTicket, OwnField, PoliceCall};

    use super::*;

    fn own(name: &str) -> Vec<OwnField> {
        vec![OwnField { name: name.into(), value: "1".into() }]
    }

    fn call() -> Option<Form> {
        Some(Form::PoliceCall(PoliceCall::default()))
    }

    #[test]
    fn a_form_that_is_not_carried_is_kept_with_its_confidence_and_the_words_are_the_new_ones() {
        let details = Details { form: call(), own_fields: own("接警方式"), ..Details::default() };
        let held = Report {
            title: "旧".into(),
            confidential: true,
            details: Some(details.clone()),
            ..Default::default()
        };
        let plain = Report { title: "新".into(), ..Default::default() };
        let kept = complete(held.clone(), plain.clone());
        assert_eq!((kept.title.as_str(), kept.confidential, kept.details), ("新", true, Some(details)));
        let more = Details { own_fields: own("渠道"), part_of: "7".into(), ..Details::default() };
        let kept = complete(held, Report { details: Some(more), ..plain }).details.unwrap();
        assert_eq!((kept.form, kept.own_fields, kept.part_of.as_str()), (call(), own("渠道"), "7"));
    }

    #[test]
    fn a_ticket_is_joined_by_its_time_and_a_folded_call_is_whole() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let ticket = |title: &str, seconds| Report {
            title: title.into(),
            details: Some(Details {
                form: Some(Form::HotlineTicket(HotlineTicket {
                    updated_at: at(seconds),
                    ..Default::default()
                })),
                ..Details::default()
            }),
            ..Default::default()
        };
        assert_eq!(complete(ticket("新", 9), ticket("旧", 1)).title, "新");
        assert_eq!(Whole::of(ticket("新", 9).details.as_ref()), Whole::Never);
        let call = Details { form: call(), ..Details::default() };
        assert_eq!(Whole::of(Some(&call)), Whole::Always);
        assert_eq!(Whole::of(None), Whole::UnlessDetailed);
        assert!(Whole::UnlessDetailed.replaces(false) && !Whole::UnlessDetailed.replaces(true));
    }
}
