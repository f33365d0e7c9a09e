//! The texts of a matter: what a reader may not see of the people beside them, they do not say either.

use fengqiao_proto::types::v1::{Matter, Party};

use crate::{Telling, mask_only};

/// A matter whose texts do not say this of people, by the names of its own parties. The parties themselves stay as they
/// are: this comes before any of their fields is taken away.
#[must_use]
pub fn mask_matter(mut matter: Matter, hidden: &[Telling]) -> Matter {
    if hidden.is_empty() {
        return matter;
    }
    let Matter { title, narrative, address, parties, need, safe_contact_time } = &mut matter;
    let names = names_of(parties);
    for text in [title, narrative, address, need, safe_contact_time] {
        *text = mask_only(text, &names, hidden);
    }
    matter
}

/// The names of people, for texts that were said about them.
#[must_use]
pub fn names_of(people: &[Party]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_texts_are_masked_by_the_names_of_the_parties() {
        let party = Party { name: "王小芳".into(), phone: "13800000000".into(), ..Party::default() };
        let matter = Matter {
            title: "王小芳求助".into(),
            narrative: "小芳称１３８００００００００无人接".into(),
            address: "王小芳家".into(),
            parties: vec![party.clone()],
            need: "给王小芳找住处".into(),
            safe_contact_time: "打13800000000，找王小芳".into(),
        };
        let masked = mask_matter(matter.clone(), &Telling::ALL);
        assert_eq!(
            masked,
            Matter {
                title: "王某求助".into(),
                narrative: "某某称〔电话〕无人接".into(),
                address: "王某家".into(),
                parties: vec![party],
                need: "给王某找住处".into(),
                safe_contact_time: "打〔电话〕，找王某".into(),
            }
        );
        assert_eq!(mask_matter(matter.clone(), &[]), matter);
        assert_eq!(names_of(&matter.parties), ["王小芳"]);
    }
}
