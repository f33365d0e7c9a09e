//! Titles and texts.

use crate::{
    dice::Dice,
    disputes::{Dispute, Manner, Other, Telling},
    matters::{Against, Matter, Register},
    report::Party,
};

use super::{Writer, addresses, names, words::in_chinese};

/// Spans of time, each with words for the same.
pub const SPANS: [&[&str]; 6] = [
    &["半年", "六个月", "大半年", "6个月"],
    &["三个月", "3个月", "几个月"],
    &["一年多", "1年多", "一年有余"],
    &["半个月", "十几天", "两周"],
    &["一个月", "个把月", "1个月"],
    &["两年", "2年", "快两年"],
];

/// What a text is made of.
pub struct Told<'a> {
    /// The words.
    pub writer: &'a Writer<'a>,
    /// The report.
    pub telling: &'a Telling,
    /// Its dispute.
    pub dispute: &'a Dispute,
    /// What it is about.
    pub matter: &'a Matter,
    /// Who reports, as written down.
    pub reporter: &'a Party,
    /// The other side, as written down.
    pub other: Option<&'a Party>,
}

impl Told<'_> {
    /// The title and the text.
    pub fn write(&self, dice: &mut Dice) -> (String, String) {
        let (writer, register) = (self.writer, self.telling.source.register);
        let title = self.filled(dice.text(&self.matter.titles), dice);
        let phrases = writer.phrases;
        if self.telling.manner == Manner::Chase {
            let text = phrases.chase(register, dice).replace("{title}", &title);
            return (
                format!("{}{title}", dice.word(&["催办：", "再次反映", "", ""])),
                self.finished(&text, dice),
            );
        }
        let sentences = self.matter.sentences(register);
        let first = dice.below(sentences.len());
        // Nobody says twice who is speaking.
        let says_who =
            ["报警人", "反映", "来电", "来信", "市民"].iter().any(|who| sentences[first].starts_with(who));
        let mut text = String::new();
        if !says_who {
            text.push_str(phrases.opening(register, dice));
        }
        match self.telling.manner {
            Manner::Relapse => text.push_str(dice.text(&phrases.relapses)),
            Manner::Answer => text.push_str(dice.text(&phrases.answers)),
            Manner::Behalf(whom) => {
                let person = &writer.world.people[whom];
                let whom = if dice.happens(0.5) {
                    person.name.clone()
                } else {
                    names::alias(person, register, dice)
                };
                text.push_str(&dice.text(&phrases.behalf).replace("{whom}", &whom));
            }
            Manner::Told | Manner::Chase => {}
        }
        text.push_str(&sentences[first]);
        let longer = match register {
            Register::Police => 0.1,
            Register::Court | Register::Dialect => 0.25,
            Register::Formal | Register::Plain => 0.45,
        };
        if sentences.len() > 1 && dice.happens(longer) {
            text.push_str(&sentences[(first + 1) % sentences.len()]);
        }
        if dice.happens(writer.rates.contact_in_text) {
            text.push_str(&self.contact(dice));
        }
        text.push_str(phrases.closing(register, dice));
        (title, self.finished(&text, dice))
    }

    fn finished(&self, text: &str, dice: &mut Dice) -> String {
        let text = self.writer.words.reworded(&self.filled(text, dice), dice);
        let spoken = matches!(self.telling.source.register, Register::Dialect | Register::Plain);
        if spoken && dice.happens(self.writer.rates.dialect) {
            self.writer.words.dialect(&text, dice)
        } else {
            text
        }
    }

    /// Fills slots; facts first, since they have slots themselves.
    fn filled(&self, text: &str, dice: &mut Dice) -> String {
        let mut text = text.to_owned();
        for (slot, fact) in ["{a}", "{b}", "{c}"].into_iter().zip(0..) {
            if let Some(told) = self.dispute.facts.get(fact).filter(|_| text.contains(slot)) {
                let same: Vec<&str> = self.matter.facts[fact][*told].split('|').collect();
                text = text.replace(slot, dice.word(&same));
            }
        }
        for slot in ["{me}", "{him}", "{at}", "{money}", "{since}"] {
            if text.contains(slot) {
                text = text.replace(slot, &self.filling(slot, dice));
            }
        }
        text
    }

    fn filling(&self, slot: &str, dice: &mut Dice) -> String {
        match slot {
            "{me}" => self.me(dice),
            "{him}" => self.him(dice),
            "{at}" => addresses::place(self.writer.world, self.dispute, dice),
            "{money}" => money(self.dispute.money, dice),
            _ => dice.word(SPANS[self.dispute.since]).to_owned(),
        }
    }

    fn me(&self, dice: &mut Dice) -> String {
        let person = &self.writer.world.people[self.telling.person];
        match self.telling.source.register {
            Register::Police => "报警人".to_owned(),
            Register::Formal => dice.word(&["反映人", "诉求人", "市民", "该市民"]).to_owned(),
            Register::Court => person.name.clone(),
            Register::Plain if dice.happens(0.5) => "当事人".to_owned(),
            _ if dice.happens(0.4) && !self.reporter.name.is_empty() => self.reporter.name.clone(),
            register => names::alias(person, register, dice),
        }
    }

    fn him(&self, dice: &mut Dice) -> String {
        let person = match (self.telling.manner, self.dispute.other) {
            (Manner::Answer, _) => self.dispute.main,
            (_, Other::Person(person)) => person,
            (_, Other::Organisation(at)) => {
                let whole = self.matter.organisations[at].clone();
                return if dice.happens(0.2) {
                    dice.word(&["该单位", "对方", "他们"]).to_owned()
                } else {
                    whole
                };
            }
            (_, Other::Nobody) => return "对方".to_owned(),
        };
        let named = self.telling.source.register == Register::Court;
        if named || dice.happens(0.35) {
            return self.writer.world.people[person].name.clone();
        }
        if let Some(other) = self.other.filter(|_| dice.happens(0.4)) {
            return other.name.clone();
        }
        let word = match self.matter.against {
            Against::Neighbour => dice.word(&["邻居", "隔壁", "该邻居", "对方"]),
            Against::Spouse if self.writer.world.people[person].female => {
                dice.word(&["妻子", "女方", "对方"])
            }
            Against::Spouse => dice.word(&["丈夫", "男方", "对方"]),
            Against::ParentChild => dice.word(&["儿子", "儿女", "对方"]),
            Against::FamilyOtherHouse => dice.word(&["哥哥", "弟弟", "对方"]),
            _ => dice.word(&["对方", "那个人", "其"]),
        };
        (*word).to_owned()
    }

    fn contact(&self, dice: &mut Dice) -> String {
        let world = self.writer.world;
        let me = &world.people[self.telling.person];
        let phone = me.phones[0].number.to_string();
        let other = match (self.telling.manner, self.dispute.other) {
            (Manner::Answer, _) => Some(self.dispute.main),
            (_, Other::Person(person)) => Some(person),
            _ => None,
        };
        let fitting: Vec<&str> = self
            .writer
            .phrases
            .contacts
            .iter()
            .map(String::as_str)
            .filter(|phrase| other.is_some() || !phrase.contains("{other"))
            .collect();
        let mut text = dice.word(&fitting).replace("{phone}", &phone).replace("{name}", &me.name);
        if let Some(other) = other.map(|other| &world.people[other]) {
            text = text.replace("{other_phone}", &other.phones[0].number.to_string());
            text = text.replace("{other_name}", &other.name);
        }
        text
    }
}

/// A sum as people write it.
fn money(yuan: u32, dice: &mut Dice) -> String {
    if yuan >= 10_000 {
        let ten_thousands = f64::from(yuan) / 10_000.0;
        return match dice.below(3) {
            0 => format!("{yuan}元"),
            1 => format!("{ten_thousands}万元"),
            _ => format!("{ten_thousands}万"),
        };
    }
    let (thousands, rest) = (yuan / 1_000, yuan % 1_000);
    match dice.below(3) {
        0 if rest == 0 => format!("{}千元", in_chinese(thousands as u16)),
        1 if rest == 0 => format!("{thousands}千块"),
        2 => format!("{yuan}块钱"),
        _ => format!("{yuan}元"),
    }
}
