//! Characters and words that stand for others.

use std::collections::HashMap;

use crate::{
    dice::Dice,
    rates::Rates,
    world::{SURNAMES_OF_TWO, surname_of},
};

use super::names;

/// Lists of `words/`.
pub struct Words {
    sounds: HashMap<char, Vec<char>>,
    looks: HashMap<char, Vec<char>>,
    traditional: HashMap<char, char>,
    dialect: Vec<(String, Vec<String>)>,
    meanings: Vec<Vec<String>>,
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn groups(text: &'static str) -> HashMap<char, Vec<char>> {
    let mut groups: HashMap<char, Vec<char>> = HashMap::new();
    for line in lines(text) {
        for one in line.chars() {
            let others = line.chars().filter(|other| *other != one);
            groups.entry(one).or_default().extend(others);
        }
    }
    groups
}

fn alternatives(text: &'static str) -> Vec<Vec<String>> {
    lines(text).map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

impl Words {
    /// Reads the lists.
    pub fn read() -> Self {
        let pairs = lines(include_str!("../../words/traditional.txt")).flat_map(|line| line.split(' '));
        let traditional = pairs
            .filter_map(|pair| {
                let mut pair = pair.chars();
                Some((pair.next()?, pair.next()?))
            })
            .collect();
        let dialect = alternatives(include_str!("../../words/dialect.txt"))
            .into_iter()
            .filter_map(|mut line| (line.len() > 1).then(|| (line.remove(0), line)))
            .collect();
        Self {
            sounds: groups(include_str!("../../words/sounds_alike.txt")),
            looks: groups(include_str!("../../words/looks_alike.txt")),
            traditional,
            dialect,
            meanings: alternatives(include_str!("../../words/same_meaning.txt")),
        }
    }

    /// A whole name as somebody heard it and typed it.
    pub fn name_as_heard(&self, name: &str, female: bool, rates: &Rates, dice: &mut Dice) -> String {
        let mut heard = name.to_owned();
        if dice.happens(rates.homophone) {
            heard = replaced(&heard, &self.sounds, dice);
        }
        if dice.happens(rates.wrong_character) {
            heard = if dice.happens(0.7) {
                replaced(&heard, &self.looks, dice)
            } else {
                one_too_few(&heard, dice)
            };
        }
        if dice.happens(rates.decorated) { names::decorated(&heard, female, dice) } else { heard }
    }

    /// In traditional characters, as far as the list goes.
    pub fn traditional(&self, text: &str) -> String {
        text.chars().map(|one| *self.traditional.get(&one).unwrap_or(&one)).collect()
    }

    /// With words of the county.
    pub fn dialect(&self, text: &str, dice: &mut Dice) -> String {
        self.dialect.iter().fold(text.to_owned(), |text, (word, said)| {
            if text.contains(word) && dice.happens(0.7) { text.replace(word, dice.text(said)) } else { text }
        })
    }

    /// With other words of the same meaning.
    pub fn reworded(&self, text: &str, dice: &mut Dice) -> String {
        self.meanings.iter().fold(text.to_owned(), |text, same| {
            match same.iter().find(|word| text.contains(*word)) {
                Some(word) if dice.happens(0.4) => text.replacen(word, dice.text(same), 1),
                _ => text,
            }
        })
    }
}

/// One of the characters of a name that have others like them is another; the surname less often.
fn replaced(name: &str, like: &HashMap<char, Vec<char>>, dice: &mut Dice) -> String {
    let mut characters: Vec<char> = name.chars().collect();
    let candidates: Vec<usize> =
        (0..characters.len()).filter(|at| like.contains_key(&characters[*at])).collect();
    if candidates.is_empty() {
        return name.to_owned();
    }
    let at = *dice.weighted(&candidates, |at| if *at == 0 { 0.3 } else { 1.0 });
    if let Some(others) = like.get(&characters[at]).filter(|others| !others.is_empty()) {
        characters[at] = *dice.pick(others);
    }
    characters.into_iter().collect()
}

fn one_too_few(name: &str, dice: &mut Dice) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() < 3 || SURNAMES_OF_TWO.contains(&surname_of(name)) {
        return name.to_owned();
    }
    let left_out = 1 + dice.below(2);
    characters.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, one)| *one).collect()
}

/// Digits in full width.
pub fn full_width(text: &str) -> String {
    text.chars()
        .map(|one| match one {
            '0'..='9' => char::from_u32(one as u32 - u32::from(b'0') + 0xFF10).unwrap_or(one),
            '-' => '－',
            _ => one,
        })
        .collect()
}

/// A number in Chinese as people write it on letters: 12 is 十二, 501 is 五零一.
pub fn in_chinese(number: u16) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |digit: u16| DIGITS[usize::from(digit % 10)];
    match number {
        0..=9 => digit(number).to_string(),
        10..=19 => format!("十{}", if number == 10 { String::new() } else { digit(number).to_string() }),
        20..=99 => {
            let end = if number.is_multiple_of(10) { String::new() } else { digit(number).to_string() };
            format!("{}十{end}", digit(number / 10))
        }
        _ => number.to_string().bytes().map(|byte| DIGITS[usize::from(byte - b'0')]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        for (number, written) in
            [(3, "三"), (10, "十"), (12, "十二"), (20, "二十"), (37, "三十七"), (501, "五零一")]
        {
            assert_eq!(in_chinese(number), written);
        }
        assert_eq!(full_width("3-2-501室"), "３－２－５０１室");
    }

    #[test]
    fn a_name_is_heard_with_another_character_of_the_same_sound() {
        let words = Words::read();
        let mut dice = Dice::new(1, 2, 3);
        let rates = Rates { homophone: 1.0, wrong_character: 0.0, decorated: 0.0, ..Rates::default() };
        let heard: Vec<String> =
            (0..40).map(|_| words.name_as_heard("王芳", true, &rates, &mut dice)).collect();
        assert!(heard.contains(&"王方".to_owned()) && heard.iter().all(|name| name.chars().count() == 2));
        assert_eq!(words.traditional("阎家河镇张伟"), "閻家河鎮張偉");
    }
}
