//! How often what goes wrong in real counties goes wrong in a set.

use std::{fmt, str::FromStr};

macro_rules! rates {
    ($($(#[doc = $doc:literal])+ $name:ident = $usual:literal,)+) => {
        /// Rates of the troubles of a set, from 0 to 1 unless said otherwise.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Rates { $($(#[doc = $doc])+ pub $name: f64,)+ }

        impl Default for Rates {
            fn default() -> Self {
                Self { $($name: $usual,)+ }
            }
        }

        impl Rates {
            /// The names of all rates.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Sets the rate of this name.
            ///
            /// # Errors
            /// Where there is none.
            pub fn set(&mut self, name: &str, rate: f64) -> Result<(), UnknownName> {
                match name {
                    $(stringify!($name) => self.$name = rate,)+
                    _ => return Err(UnknownName(name.to_owned())),
                }
                Ok(())
            }
        }
    };
}

rates! {
    // Disputes.
    /// Further reports of a case on average, beside the first (a number, not a share).
    further_reports = 1.05,
    /// A case of many households at once: 停水, 工地噪音, 欠薪.
    many_households = 0.045,
    /// A case of a household that was in another one before.
    second_dispute = 0.38,
    /// Of those, the ones that go on at the same time.
    at_once = 0.45,
    /// A respondent of a household that reported something before.
    known_respondent = 0.2,
    /// A respondent who answers back with a report of their own about the same dispute.
    answers_back = 0.09,
    /// A further report by another member of the household.
    other_member = 0.15,
    /// A further report for months later, after it seemed settled.
    relapse = 0.08,
    /// A report by a grown child, a sibling or a village official for somebody else.
    on_behalf = 0.04,
    /// A further report that only asks what became of it.
    chases_up = 0.15,
    /// A further report of the same calls' evening: within the hour.
    within_the_hour = 0.15,

    // Phones.
    /// A number that the operator hides, or that nobody wrote down; a source's own habits come on top.
    phone_missing = 0.11,
    /// The phone of the village office or of a shop.
    shared_phone = 0.02,
    /// The phone of a member of the household.
    family_phone = 0.03,
    /// A report by another than the person's first number, where there are several.
    other_phone = 0.22,
    /// A number that was another's before.
    passed_phone = 0.03,
    /// One wrong digit, or two that changed places.
    wrong_digit = 0.02,
    /// Written with +86, spaces, hyphens or in full width.
    odd_phone = 0.06,

    // Id numbers.
    /// A factor to how often each source asks for it.
    id_given = 1.4,
    /// The number of another person: who came along, or a slip of the hand that has a right check sign.
    wrong_id = 0.012,
    /// The old number of 15 digits, of those that are old enough.
    old_id = 0.06,
    /// A check sign written as small x, of those that have it.
    lower_x = 0.5,

    // Names.
    /// 王女士, 老王, 王师傅, 王某: a factor to each source's habits.
    alias = 0.5,
    /// No name.
    name_missing = 0.015,
    /// A character that sounds alike.
    homophone = 0.035,
    /// A character that looks alike, or one too few.
    wrong_character = 0.02,
    /// Titles or brackets around the name.
    decorated = 0.06,
    /// Traditional characters in name and address.
    traditional = 0.015,
    /// Two people of one name in one community, beside those that chance gives.
    namesake = 0.02,

    // Places.
    /// No address: a factor to each source's habits.
    address_missing = 0.6,
    /// Where it happened instead of where the reporter lives.
    incident_address = 0.12,
    /// No house or flat: the estate or the group only.
    short_address = 0.06,
    /// Numbers of the house in Chinese.
    chinese_numerals = 0.1,
    /// Digits in full width.
    full_width = 0.03,
    /// A wrong number of house, unit or room.
    wrong_house = 0.025,
    /// A household that moved within the county in the year.
    moved = 0.02,
    /// The town's or the county's code instead of the community's.
    coarse_area = 0.06,
    /// The code of a community next to it.
    wrong_area = 0.012,

    // Texts.
    /// Dialect words of the county, where people's own words are written down.
    dialect = 0.5,
    /// A name or a phone in the text: a factor to what the templates do.
    contact_in_text = 0.12,
    /// Reports by the county's towns: 1 spreads them over all, 0 leaves them in a handful (not a share of reports).
    spread = 0.5,
}

/// A kind of county.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// As the published figures of phone-only linkage and of Splink suggest.
    #[default]
    Usual,
    /// Clerks who write all down.
    Plain,
    /// All goes wrong more often.
    Messy,
    /// Much is missing, few come twice, all over the county.
    Sparse,
    /// Few communities, many namesakes, phones that are shared, many disputes of the same people.
    Dense,
}

impl Style {
    /// All styles, in the order of their names' list.
    pub const ALL: [(&'static str, Self); 5] = [
        ("usual", Self::Usual),
        ("plain", Self::Plain),
        ("messy", Self::Messy),
        ("sparse", Self::Sparse),
        ("dense", Self::Dense),
    ];

    /// The rates of such a county.
    #[must_use]
    pub fn rates(self) -> Rates {
        let usual = Rates::default();
        match self {
            Self::Usual => usual,
            Self::Plain => Rates {
                phone_missing: 0.03,
                shared_phone: 0.01,
                other_phone: 0.08,
                wrong_digit: 0.005,
                wrong_id: 0.002,
                id_given: 1.6,
                alias: 0.25,
                name_missing: 0.005,
                homophone: 0.015,
                wrong_character: 0.005,
                address_missing: 0.3,
                incident_address: 0.06,
                short_address: 0.03,
                wrong_house: 0.005,
                coarse_area: 0.03,
                wrong_area: 0.005,
                on_behalf: 0.02,
                ..usual
            },
            Self::Messy => Rates {
                phone_missing: 0.16,
                shared_phone: 0.07,
                family_phone: 0.1,
                other_phone: 0.3,
                passed_phone: 0.08,
                wrong_digit: 0.05,
                odd_phone: 0.15,
                id_given: 1.0,
                wrong_id: 0.03,
                old_id: 0.15,
                alias: 1.2,
                name_missing: 0.06,
                homophone: 0.12,
                wrong_character: 0.05,
                decorated: 0.15,
                traditional: 0.05,
                namesake: 0.04,
                address_missing: 1.4,
                incident_address: 0.32,
                short_address: 0.2,
                chinese_numerals: 0.2,
                full_width: 0.08,
                wrong_house: 0.05,
                moved: 0.05,
                coarse_area: 0.2,
                wrong_area: 0.07,
                dialect: 0.8,
                on_behalf: 0.08,
                answers_back: 0.14,
                ..usual
            },
            Self::Sparse => Rates {
                further_reports: 0.45,
                many_households: 0.02,
                second_dispute: 0.12,
                known_respondent: 0.08,
                phone_missing: 0.3,
                id_given: 0.5,
                alias: 1.0,
                name_missing: 0.05,
                address_missing: 1.5,
                short_address: 0.25,
                coarse_area: 0.3,
                spread: 1.0,
                ..usual
            },
            Self::Dense => Rates {
                further_reports: 1.3,
                many_households: 0.05,
                second_dispute: 0.55,
                at_once: 0.6,
                known_respondent: 0.4,
                answers_back: 0.16,
                other_member: 0.32,
                shared_phone: 0.07,
                family_phone: 0.08,
                namesake: 0.08,
                spread: 0.05,
                ..usual
            },
        }
    }
}

/// There is no style or rate of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName(pub String);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {}", self.0)
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Style {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, style)| *style).ok_or_else(|| UnknownName(name.to_owned()))
    }
}
