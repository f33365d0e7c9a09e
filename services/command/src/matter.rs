//! What a form says of who and what, as a page shows it.

use fengqiao_proto::types::v1::Matter;

use crate::words;

/// Each field of a matter with its name, in the order of the paper; the page leaves out what is empty.
pub fn each_field(matter: &Matter, mut field: impl FnMut(&str, &str)) {
    field("事由", &matter.title);
    field("需求", &matter.need);
    field("安全联系时间", &matter.safe_contact_time);
    field("内容", &matter.narrative);
    field("地址", &matter.address);
    for party in &matter.parties {
        field(words::said(words::PARTY_ROLES, party.role()), &fengqiao_forms::person(party));
    }
}
