//! A report as it was told, before anything of it is hashed.

/// What a person is in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Who reported.
    Reporter,
    /// Against whom.
    Respondent,
    /// Anyone else.
    Other,
}

/// So many numbers of files are looked at.
pub const MOST_NUMBERS: usize = 4;

/// A report as it was told; only what tells who came before.
#[derive(Debug, Clone)]
pub struct PlainReport<'a> {
    /// The area: 6 to 15 digits, with or without the zeros that fill it up.
    pub area_code: &'a str,
    /// The canonical category.
    pub category: &'a str,
    /// The place as it was said.
    pub address: &'a str,
    /// The title.
    pub title: &'a str,
    /// What was told.
    pub narrative: &'a str,
    /// The numbers of files that it is or that its source names in it (关联警情编号): reports that share one are mostly of
    /// one dispute. Its own goes first; of more than [`MOST_NUMBERS`] the others are left out.
    pub numbers: Vec<&'a str>,
    /// The people, in the order given.
    pub parties: Vec<PlainParty<'a>>,
}

/// A person of a report.
#[derive(Debug, Clone, Copy)]
pub struct PlainParty<'a> {
    /// What the person is in the report.
    pub role: Role,
    /// The name as it was said: 王伟, 王女士, 老王, 王某某, or nothing.
    pub name: &'a str,
    /// The telephone number.
    pub phone: Option<PlainPhone<'a>>,
    /// Another number under which they are reached (联系号码); only of who reports is it looked at.
    pub contact_phone: Option<PlainPhone<'a>>,
    /// A valid id number, of 18 digits or of the old 15.
    pub id_number: Option<&'a str>,
    /// What was given as an id number and is none: a digit may be wrong.
    pub wrong_id: Option<&'a str>,
}

/// A telephone number.
#[derive(Debug, Clone, Copy)]
pub struct PlainPhone<'a> {
    /// Its digits, in one form.
    pub digits: &'a str,
    /// Whether it leads to a person or household; 12345, 110 and hidden numbers do not.
    pub personal: bool,
}
