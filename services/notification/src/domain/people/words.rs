//! The words in which persons are told: a county's templates, which can name nothing of who and what a case is about.

use fengqiao_proto::types::v1::TellingKind;

/// A text is at most so long, in characters, before it is filled in: five parts of an SMS.
const MOST_CHARACTERS: usize = 300;

/// The kinds by their names in the county's file.
const KINDS: &[(TellingKind, &str)] = &[
    (TellingKind::Called, "called"),
    (TellingKind::DueSoon, "due_soon"),
    (TellingKind::Overdue, "overdue"),
    (TellingKind::Chased, "chased"),
    (TellingKind::Reported, "reported"),
    (TellingKind::Whistled, "whistled"),
    (TellingKind::Received, "received"),
    (TellingKind::Settled, "settled"),
    (TellingKind::Closed, "closed"),
    (TellingKind::Alerted, "alerted"),
];

/// What is of a report and stands in no message, by the names under which someone might look for it.
const FORBIDDEN: &[&str] = &[
    "name",
    "names",
    "party",
    "parties",
    "reporter",
    "respondent",
    "victim",
    "witness",
    "phone_number",
    "telephone",
    "mobile",
    "id_number",
    "phone_as_said",
    "id_number_as_said",
    "title",
    "narrative",
    "address",
    "need",
    "safe_contact_time",
    "matter",
    "text",
    "category",
    "reason",
    "words",
];

/// The kind of a name in the county's file.
#[must_use]
pub fn kind_named(name: &str) -> Option<TellingKind> {
    KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
}

/// The name of a kind in the county's file and in metrics.
#[must_use]
pub fn kind_word(kind: TellingKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("unspecified", |(_, word)| word)
}

/// A field that a text may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Number,
    Area,
    Agency,
    What,
    Due,
    Code,
    Page,
    Phone,
}

impl Field {
    const ALL: [(Self, &str); 8] = [
        (Self::Number, "number"),
        (Self::Area, "area"),
        (Self::Agency, "agency"),
        (Self::What, "what"),
        (Self::Due, "due"),
        (Self::Code, "code"),
        (Self::Page, "page"),
        (Self::Phone, "phone"),
    ];

    /// Whether a text of this kind may name it. The code opens a case's page: only whoever reported has it. An area is
    /// enough to say of whom a message to a resident speaks, and not needed there.
    const fn may_stand_in(self, of_residents: bool) -> bool {
        match self {
            Self::Code | Self::Page | Self::Phone => of_residents,
            Self::Area | Self::What | Self::Due => !of_residents,
            Self::Number | Self::Agency => true,
        }
    }
}

/// What is filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The case's number.
    pub number: &'a str,
    /// The area's name.
    pub area: &'a str,
    /// The agency that owes, or that leads the case.
    pub agency: &'a str,
    /// What is owed.
    pub what: &'a str,
    /// By when, as people say it.
    pub due: &'a str,
    /// The second secret of a case's page.
    pub code: &'a str,
    /// Where the page is.
    pub page: &'a str,
    /// Whom to phone.
    pub phone: &'a str,
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsRefused {
    /// Nothing, or too much.
    #[error("a text has 1 to {MOST_CHARACTERS} characters")]
    Length,
    /// A brace that opens nothing, or is not closed.
    #[error("a text names what is filled in as {{number}}; a brace stands alone here")]
    Brace,
    /// It would say who or what a case is about.
    #[error("{{{0}}} says who or what a case is about, which stands in no message")]
    Personal(String),
    /// There is no such field, or not for those who are told of this.
    #[error("{{{field}}} cannot stand here: {may}")]
    Field {
        /// The field.
        field: String,
        /// What may.
        may: String,
    },
    /// It may not say such things to such people.
    #[error("a text has no control characters")]
    Control,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Field(Field),
}

/// A text with fields that are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<Piece>);

impl Words {
    /// Reads a text of the county.
    ///
    /// # Errors
    /// [`WordsRefused`]
    pub fn read(text: &str, of_residents: bool) -> Result<Self, WordsRefused> {
        if text.trim().is_empty() || text.chars().count() > MOST_CHARACTERS {
            return Err(WordsRefused::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(WordsRefused::Control);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once('{') {
            if plain.contains('}') {
                return Err(WordsRefused::Brace);
            }
            let (name, left) = after.split_once('}').ok_or(WordsRefused::Brace)?;
            if !plain.is_empty() {
                pieces.push(Piece::Plain(plain.to_owned()));
            }
            pieces.push(Piece::Field(field(name, of_residents)?));
            rest = left;
        }
        if rest.contains('}') {
            return Err(WordsRefused::Brace);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether it says where the residents' page is, or whom they phone.
    #[must_use]
    pub fn name_the_page(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Field(Field::Page | Field::Phone)))
    }

    /// The text with the facts filled in.
    #[must_use]
    pub fn filled(&self, facts: &Facts<'_>) -> String {
        let of = |field: Field| match field {
            Field::Number => facts.number,
            Field::Area => facts.area,
            Field::Agency => facts.agency,
            Field::What => facts.what,
            Field::Due => facts.due,
            Field::Code => facts.code,
            Field::Page => facts.page,
            Field::Phone => facts.phone,
        };
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Plain(text) => text.as_str(),
            Piece::Field(field) => of(*field),
        });
        pieces.collect()
    }
}

fn field(name: &str, of_residents: bool) -> Result<Field, WordsRefused> {
    let known = Field::ALL.into_iter().find(|(_, known)| *known == name).map(|(field, _)| field);
    if let Some(field) = known.filter(|field| field.may_stand_in(of_residents)) {
        return Ok(field);
    }
    if FORBIDDEN.contains(&name) {
        return Err(WordsRefused::Personal(name.to_owned()));
    }
    let may: Vec<&str> = Field::ALL
        .into_iter()
        .filter(|(field, _)| field.may_stand_in(of_residents))
        .map(|(_, name)| name)
        .collect();
    Err(WordsRefused::Field { field: name.to_owned(), may: may.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_names_who_or_what_is_refused() {
        for name in FORBIDDEN {
            for of_residents in [true, false] {
                let refused = Words::read(&format!("您好{{{name}}}"), of_residents).unwrap_err();
                assert_eq!(refused, WordsRefused::Personal((*name).to_owned()));
            }
        }
        assert!(matches!(Words::read("{code}", false), Err(WordsRefused::Field { .. })));
        assert!(matches!(Words::read("{area}", true), Err(WordsRefused::Field { .. })));
        assert!(matches!(Words::read("{nothing}", true), Err(WordsRefused::Field { .. })));
    }

    #[test]
    fn a_text_is_filled_in() {
        let words = Words::read("事项{number}，{what}将到期（{due}）", false).unwrap();
        let facts =
            Facts { number: "20261124-0001", what: "签收", due: "11月24日18:00", ..Facts::default() };
        assert_eq!(words.filled(&facts), "事项20261124-0001，签收将到期（11月24日18:00）");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for wrong in ["", "  ", "a}b", "{number", "{number}}", "a\nb"] {
            assert!(Words::read(wrong, false).is_err(), "{wrong:?}");
        }
        assert_eq!(Words::read(&"字".repeat(301), false), Err(WordsRefused::Length));
    }
}
