//! How far two reports agree: the levels of each comparison.

use serde::{Deserialize, Serialize};

/// What kind of evidence speaks for or against two reports belonging together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The id number, or parts of a wrong one.
    IdNumber,
    /// The telephone number, or one that differs in a digit.
    Phone,
    /// The name, or one that sounds the same.
    Name,
    /// The house or flat.
    House,
    /// The community or town.
    Area,
    /// Who is on the other side.
    Opponent,
    /// The kind of matter.
    Category,
    /// The topics by the words of the field.
    Topic,
    /// The sums of money.
    Amount,
    /// The words of the text.
    Words,
    /// How much time lies between.
    Time,
    /// One person reported both, or one household did.
    Reporter,
    /// Both tell of one dispute.
    Dispute,
    /// An officer's word.
    Word,
    /// The number of a file that the source names.
    Number,
}

impl Evidence {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::Number as usize + 1;
    /// All kinds, in their order.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::IdNumber,
        Self::Phone,
        Self::Name,
        Self::House,
        Self::Area,
        Self::Opponent,
        Self::Category,
        Self::Topic,
        Self::Amount,
        Self::Words,
        Self::Time,
        Self::Reporter,
        Self::Dispute,
        Self::Word,
        Self::Number,
    ];
}

/// Declares the levels with the evidence that each is a level of.
macro_rules! levels {
    ($($(#[$doc:meta])* $level:ident: $evidence:ident,)*) => {
        /// How far two reports agree in one comparison.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Level {
            $($(#[$doc])* $level,)*
        }

        impl Level {
            /// All levels, in their order.
            pub const ALL: &[Self] = &[$(Self::$level,)*];

            /// What it is a level of.
            #[must_use]
            pub const fn evidence(self) -> Evidence {
                match self { $(Self::$level => Evidence::$evidence,)* }
            }
        }
    };
}

levels! {
    /// The same id number.
    IdSame: IdNumber,
    /// Two of region, birthday and tail are the same: one digit is wrong.
    IdNear: IdNumber,
    /// Two right id numbers that differ.
    IdOther: IdNumber,
    /// The same telephone.
    PhoneSame: Phone,
    /// One digit differs, two are exchanged, or the last eight are the same.
    PhoneNear: Phone,
    /// Two telephones.
    PhoneOther: Phone,
    /// The same whole name.
    NameSame: Name,
    /// Whole names that sound the same.
    NameHeard: Name,
    /// The same family name and one of two characters of the given name.
    NameNear: Name,
    /// What was said of both names agrees, and of one it was not all: 王女士, 王芳.
    NamePart: Name,
    /// The same family name, another given name or another sex.
    NameOther: Name,
    /// Another family name.
    SurnameOther: Name,
    /// The same family name, in a household's comparison.
    SurnameSame: Name,
    /// The same flat or house.
    HouseSame: House,
    /// The same group, building or estate, as far as it was said.
    HouseNear: House,
    /// Two houses.
    HouseOther: House,
    /// The same community.
    CommunitySame: Area,
    /// The same town, as far as it was said.
    TownSame: Area,
    /// Two communities or towns.
    AreaOther: Area,
    /// Someone of the same name, telephone or id number is on the other side.
    OpponentSame: Opponent,
    /// The sides are exchanged: who reports now was reported then.
    OpponentAnswers: Opponent,
    /// Two people are on the other sides.
    OpponentOther: Opponent,
    /// The same canonical category.
    CategorySame: Category,
    /// Two categories.
    CategoryOther: Category,
    /// A topic is the same.
    TopicSame: Topic,
    /// A matter of a whole neighbourhood, and both are of that neighbourhood.
    TopicShared: Topic,
    /// Topics were named in both, and none is the same.
    TopicOther: Topic,
    /// A sum of money is the same.
    AmountSame: Amount,
    /// Sums are named in both, and none is the same.
    AmountOther: Amount,
    /// Nearly the same text.
    WordsSame: Words,
    /// A third of the words is the same.
    WordsNear: Words,
    /// A few words are the same.
    WordsFew: Words,
    /// Hardly a word is the same.
    WordsOther: Words,
    /// The new one says that it was told before: 催办, 再次来电.
    WordsAgain: Words,
    /// Within three days.
    TimeDays: Time,
    /// Within three weeks.
    TimeWeeks: Time,
    /// Within ten weeks.
    TimeMonths: Time,
    /// Longer.
    TimeLong: Time,
    /// One person reported both.
    ReporterSame: Reporter,
    /// Two of one household reported.
    ReporterHousehold: Reporter,
    /// Both tell of one dispute, whoever told it.
    DisputeSame: Dispute,
    /// The one names the other's file, or both name a third.
    NumberSame: Number,
}

impl Level {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Whether its `u` is counted, from how many people share what agrees, and not a constant of the weights.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        matches!(
            self,
            Self::NameSame | Self::NameHeard | Self::NameNear | Self::OpponentSame | Self::OpponentAnswers
        )
    }
}

impl Level {
    /// Whether its `u` is a number of people among all that turn to the county, and not a share.
    pub(crate) const fn is_rare(self) -> bool {
        matches!(
            self,
            Self::IdSame
                | Self::IdNear
                | Self::PhoneSame
                | Self::PhoneNear
                | Self::HouseSame
                | Self::ReporterSame
                | Self::ReporterHousehold
                | Self::TopicShared
                | Self::DisputeSame
                | Self::NumberSame
        )
    }
}

/// The levels of two reports' comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels(u64);

impl Levels {
    /// No level.
    pub(crate) const NONE: Self = Self(0);
}

const _: () = assert!(Level::COUNT <= u64::BITS as usize);

impl Levels {
    /// Adds one.
    pub(crate) fn insert(&mut self, level: Level) {
        self.0 |= 1 << level as u32;
    }

    /// Whether it is there.
    #[must_use]
    pub const fn contains(self, level: Level) -> bool {
        self.0 & 1 << level as u32 != 0
    }

    /// The levels, in their order.
    pub fn iter(self) -> impl Iterator<Item = Level> {
        Level::ALL.iter().copied().filter(move |level| self.contains(*level))
    }
}
