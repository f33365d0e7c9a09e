//! Masking of free text: what leaves a record shows nobody's number, plate, account or name.
//!
//! All matches are masked, not the first one. What looks like a number is masked whether it is valid or not: a digit
//! that was typed wrong makes an id number no less telling. A text without any of it stays as it is.

mod accounts;
mod matter;
mod names;
mod numbers;
mod plates;
mod sign;

pub use self::matter::{mask_matter, names_of};
use self::sign::Sign;

/// What stands in the place of a telephone number.
pub const PHONE: &str = "〔电话〕";
/// What stands in the place of an id number.
pub const ID_NUMBER: &str = "〔证件号〕";
/// What stands in the place of a bank card's number.
pub const BANK_CARD: &str = "〔银行卡〕";
/// What stands in the place of a licence plate.
pub const PLATE: &str = "〔车牌〕";
/// What stands in the place of an e-mail address.
pub const EMAIL: &str = "〔邮箱〕";
/// What stands in the place of an account of a messenger: WeChat, QQ.
pub const ACCOUNT: &str = "〔账号〕";
/// What stands in the place of a long name: an organisation's, or one with a point in it.
pub const NAME: &str = "〔名称〕";

/// What a text can say of people. Who may see some of it reads a text without the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Telling {
    /// Who someone is by name.
    Name,
    /// How someone is reached: telephone numbers, e-mail addresses, messenger accounts.
    Contact,
    /// By what someone is known without a name: id numbers, bank cards, licence plates.
    Identity,
}

impl Telling {
    /// All of it.
    pub const ALL: [Self; 3] = [Self::Name, Self::Contact, Self::Identity];
}

/// A part of a text that must not be seen, in signs, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Masked {
    from: usize,
    to: usize,
    instead: String,
}

impl Masked {
    fn new(from: usize, to: usize, instead: impl Into<String>) -> Self {
        Self { from, to, instead: instead.into() }
    }

    /// What a number or an account says of whoever has it.
    fn telling(&self) -> Telling {
        match self.instead.as_str() {
            ID_NUMBER | BANK_CARD | PLATE => Telling::Identity,
            _ => Telling::Contact,
        }
    }
}

/// The text without telephone and id numbers, bank cards, licence plates, e-mail addresses, messenger accounts, and
/// these names. Numbers are found in full-width digits, in Chinese numerals, and with spaces or hyphens in them. Of a
/// name the surname stays: 王小芳 becomes 王某; what is a name no more (王某, 王女士, 匿名) stays.
#[must_use]
pub fn mask(text: &str, names: &[&str]) -> String {
    mask_only(text, names, &Telling::ALL)
}

/// As [`mask`], but only what says this of people: for a reader who may see the rest.
#[must_use]
pub fn mask_only(text: &str, names: &[&str], hidden: &[Telling]) -> String {
    if text.is_empty() || hidden.is_empty() {
        return text.to_owned();
    }
    let signs = sign::signs(text);
    let mut found = numbers::find(&signs);
    found.extend(plates::find(&signs));
    found.extend(accounts::find(&signs));
    found.retain(|masked| hidden.contains(&masked.telling()));
    if hidden.contains(&Telling::Name) {
        found.extend(names::find(&signs, names));
    }
    replace(text, &signs, found)
}

/// Puts what stands instead in the place of what was found. Where two finds overlap, all of both goes.
fn replace(text: &str, signs: &[Sign], mut found: Vec<Masked>) -> String {
    if found.is_empty() {
        return text.to_owned();
    }
    found.sort_by_key(|masked| (masked.from, usize::MAX - masked.to));
    let mut masked_text = String::with_capacity(text.len());
    let mut at = 0;
    let mut pending = found.into_iter().peekable();
    while let Some(masked) = pending.next() {
        let mut to = masked.to;
        while let Some(next) = pending.next_if(|next| next.from < to) {
            to = to.max(next.to);
        }
        masked_text.extend(signs[at..masked.from].iter().map(|sign| sign.written));
        masked_text.push_str(&masked.instead);
        at = to;
    }
    masked_text.extend(signs[at..].iter().map(|sign| sign.written));
    masked_text
}

#[cfg(test)]
mod tests;
