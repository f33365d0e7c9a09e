//! A matter as a kind of recipients sees it. The title is no class: it says what is needed, and without it a form says
//! nothing. What a recipient does not see of the people, no text tells it either.

use fengqiao_masking::{Telling, mask_matter};
use fengqiao_proto::types::v1::{Matter, Party};

use crate::{DataClass, RecipientKind};

/// A person on one line: name, telephone and id number, each as far as it is there, and what is no number as it was said.
#[must_use]
pub fn person(party: &Party) -> String {
    let parts = [&party.name, &party.phone, &party.phone_as_said, &party.id_number, &party.id_number_as_said];
    parts.map(String::as_str).into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

impl RecipientKind {
    /// A matter without what this kind of recipients does not see. Of the texts that it sees, the title is one, names are
    /// masked where it sees no names, what reaches people where it sees no telephone numbers, and id numbers, bank cards
    /// and licence plates where it sees no id numbers.
    #[must_use]
    pub fn seen(&self, matter: Matter) -> Matter {
        let mut matter = mask_matter(matter, &self.not_told());
        for class in DataClass::ALL.into_iter().filter(|class| !self.sees.contains(class)) {
            match class {
                DataClass::Name => matter.parties.iter_mut().for_each(|party| party.name.clear()),
                DataClass::Phone => matter.parties.iter_mut().for_each(|party| {
                    party.phone.clear();
                    party.phone_as_said.clear();
                }),
                DataClass::IdNumber => matter.parties.iter_mut().for_each(|party| {
                    party.id_number.clear();
                    party.id_number_as_said.clear();
                }),
                DataClass::Address => matter.address.clear(),
                DataClass::Narrative => matter.narrative.clear(),
                DataClass::Need => matter.need.clear(),
                DataClass::SafeContactTime => matter.safe_contact_time.clear(),
            }
        }
        // A party of whom nothing is left says nothing.
        matter.parties.retain(|party| {
            let said = [&party.phone, &party.phone_as_said, &party.id_number, &party.id_number_as_said];
            !(party.name.is_empty() && said.into_iter().all(String::is_empty))
        });
        matter
    }

    /// What no text says to it.
    fn not_told(&self) -> Vec<Telling> {
        let telling = |class| match class {
            DataClass::Name => Some(Telling::Name),
            DataClass::Phone => Some(Telling::Contact),
            DataClass::IdNumber => Some(Telling::Identity),
            DataClass::Address | DataClass::Narrative | DataClass::Need | DataClass::SafeContactTime => None,
        };
        DataClass::ALL.into_iter().filter(|class| !self.sees.contains(class)).filter_map(telling).collect()
    }

    /// Whether it sees all there is, so that nothing need be opened.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.sees.len() == DataClass::ALL.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter() -> Matter {
        let party = Party {
            role: 1,
            name: "王女士".into(),
            phone: "15420110001".into(),
            id_number: "120111201103070021".into(),
            phone_as_said: "154****0002".into(),
            id_number_as_said: "12011120110307".into(),
        };
        Matter {
            title: "求助".into(),
            narrative: "出警经过".into(),
            address: "某路1号".into(),
            parties: vec![party],
            need: "临时住处".into(),
            safe_contact_time: "工作日上午".into(),
        }
    }

    fn kind(sees: &[DataClass]) -> RecipientKind {
        RecipientKind {
            name: "x".into(),
            agencies: [].into(),
            directory_kinds: [].into(),
            sees: sees.iter().copied().collect(),
        }
    }

    #[test]
    fn s2_06_each_class_hides_its_own_part_and_no_other() {
        assert_eq!(kind(&DataClass::ALL).seen(matter()), matter());
        for class in DataClass::ALL {
            let others: Vec<_> = DataClass::ALL.into_iter().filter(|other| *other != class).collect();
            let seen = kind(&others).seen(matter());
            let text = format!("{seen:?}");
            let hidden = match class {
                DataClass::Name => "王女士",
                DataClass::Phone => "15420110001",
                DataClass::IdNumber => "120111201103070021",
                DataClass::Address => "某路1号",
                DataClass::Narrative => "出警经过",
                DataClass::Need => "临时住处",
                DataClass::SafeContactTime => "工作日上午",
            };
            assert!(!text.contains(hidden), "{class:?}: {text}");
            assert_eq!(text.contains("154****0002"), class != DataClass::Phone);
            assert_eq!(text.contains("\"12011120110307\""), class != DataClass::IdNumber);
            let left = [
                "王女士",
                "15420110001",
                "120111201103070021",
                "某路1号",
                "出警经过",
                "临时住处",
                "工作日上午",
            ]
            .into_iter()
            .filter(|word| text.contains(word))
            .count();
            assert_eq!(left, 6, "{class:?}: {text}");
        }
        let bare = kind(&[]).seen(matter());
        assert_eq!(bare, Matter { title: "求助".into(), ..Default::default() });
        assert!(kind(&DataClass::ALL).sees_all() && !kind(&[DataClass::Need]).sees_all());
    }

    #[test]
    fn what_is_not_seen_of_the_people_is_not_told_in_a_text_either() {
        let told = |sees: &[DataClass]| {
            let mut matter = matter();
            matter.parties[0].name = "王小芳".into();
            matter.title = "王小芳求助".into();
            matter.narrative =
                "王小芳称丈夫李某打１３８００００００００催讨，证件120111201103070021，车牌津A12345".into();
            let seen = kind(sees).seen(matter);
            (seen.title, seen.narrative)
        };
        let [all, no_names, community, title_only] = [
            told(&DataClass::ALL),
            told(&[DataClass::Phone, DataClass::IdNumber, DataClass::Narrative]),
            told(&[DataClass::Name, DataClass::Phone, DataClass::Narrative]),
            told(&[]),
        ];
        assert_eq!(
            all.1,
            "王小芳称丈夫李某打１３８００００００００催讨，证件120111201103070021，车牌津A12345"
        );
        assert_eq!(
            no_names,
            (
                "王某求助".into(),
                "王某称丈夫李某打１３８００００００００催讨，证件120111201103070021，车牌津A12345".into()
            )
        );
        assert_eq!(
            community,
            (
                "王小芳求助".into(),
                "王小芳称丈夫李某打１３８００００００００催讨，证件〔证件号〕，车牌〔车牌〕".into()
            )
        );
        assert_eq!(title_only, ("王某求助".into(), String::new()));
    }
}
