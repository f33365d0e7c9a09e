//! E-mail addresses and accounts of messengers.

use crate::{ACCOUNT, EMAIL, Masked, sign::Sign};

/// After these words an account follows, the longest word first.
const WECHAT: [&str; 8] = ["weixin", "wechat", "微信", "威信", "薇信", "wx", "vx", "加v"];
const QQ: [&str; 2] = ["qq", "扣扣"];
/// Between the word and the account; 微信号是：abc_123.
const AFTER_WORD: &str = "号码是为叫:：=, ，\t\"'“”「」()（）id-";
const MOST_AFTER_WORD: usize = 6;
const WECHAT_LENGTH: std::ops::RangeInclusive<usize> = 6..=20;
const QQ_LENGTH: std::ops::RangeInclusive<usize> = 5..=12;

pub(crate) fn find(signs: &[Sign]) -> Vec<Masked> {
    let mut found: Vec<Masked> = (0..signs.len()).filter_map(|at| email(signs, at)).collect();
    for at in 0..signs.len() {
        found.extend(after_word(signs, at, &WECHAT, wechat));
        found.extend(after_word(signs, at, &QQ, qq));
        found.extend(own_form(signs, at));
    }
    found
}

/// An address around an @ at this place.
fn email(signs: &[Sign], at: usize) -> Option<Masked> {
    if signs[at].plain != '@' {
        return None;
    }
    let is_local = |sign: &&Sign| sign.is_alphanumeric() || "._%+-".contains(sign.plain);
    let is_domain = |sign: &&Sign| sign.is_alphanumeric() || ".-。".contains(sign.plain);
    let local = signs[..at].iter().rev().take_while(is_local).count();
    let domain = &signs[at + 1..];
    let mut length = domain.iter().take_while(is_domain).count();
    // A full stop ends the sentence, not the address.
    while length > 0 && !domain[length - 1].is_alphanumeric() {
        length -= 1;
    }
    (local > 0 && length > 0).then(|| Masked::new(at - local, at + 1 + length, EMAIL))
}

fn after_word(
    signs: &[Sign],
    at: usize,
    words: &[&str],
    account: fn(&[Sign]) -> Option<usize>,
) -> Option<Masked> {
    let word = words.iter().find(|word| begins_with(&signs[at..], word))?;
    // wx in the middle of another word begins no account.
    if word.is_ascii() && at > 0 && signs[at - 1].is_alphanumeric() {
        return None;
    }
    let after = at + word.chars().count();
    let most =
        signs[after..].iter().take(MOST_AFTER_WORD).take_while(|s| AFTER_WORD.contains(s.plain)).count();
    // An account may itself begin with what may stand before it.
    (0..=most).rev().find_map(|between| {
        let from = after + between;
        let length = account(&signs[from..])?;
        Some(Masked::new(from, from + length, ACCOUNT))
    })
}

fn begins_with(signs: &[Sign], word: &str) -> bool {
    let mut signs = signs.iter();
    word.chars().all(|c| signs.next().is_some_and(|sign| sign.plain == c))
}

/// A letter, then letters, digits, hyphens and underscores.
fn wechat(signs: &[Sign]) -> Option<usize> {
    let is_part = |sign: &&Sign| sign.is_alphanumeric() || matches!(sign.plain, '-' | '_');
    let length = signs.iter().take(*WECHAT_LENGTH.end() + 1).take_while(is_part).count();
    let begins = signs.first().is_some_and(|sign| sign.plain.is_ascii_alphabetic());
    (begins && WECHAT_LENGTH.contains(&length)).then_some(length)
}

fn qq(signs: &[Sign]) -> Option<usize> {
    let length = signs.iter().take(*QQ_LENGTH.end() + 1).take_while(|sign| sign.digit.is_some()).count();
    QQ_LENGTH.contains(&length).then_some(length)
}

/// wxid_…: an account that says itself what it is.
fn own_form(signs: &[Sign], at: usize) -> Option<Masked> {
    if !begins_with(&signs[at..], "wxid_") {
        return None;
    }
    let length = signs[at..].iter().take_while(|sign| sign.is_alphanumeric() || sign.plain == '_').count();
    Some(Masked::new(at, at + length, ACCOUNT))
}
