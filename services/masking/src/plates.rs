//! Licence plates (GA 36): 鄂J12345, of new energy 鄂JD12345, of a learner 鄂J1234学.

use crate::{Masked, PLATE, sign::Sign};

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";
/// Of learners, police, Hong Kong, Macao, trailers.
const LAST: &str = "学警港澳挂";
const BETWEEN: &str = " ·・•.-\u{3000}";
const FEWEST: usize = 5;
const MOST: usize = 7;

pub(crate) fn find(signs: &[Sign]) -> Vec<Masked> {
    (0..signs.len()).filter_map(|at| plate(signs, at)).collect()
}

fn plate(signs: &[Sign], from: usize) -> Option<Masked> {
    if !PROVINCES.contains(signs[from].plain) || !signs.get(from + 1)?.plain.is_ascii_alphabetic() {
        return None;
    }
    let mut at = from + 2;
    at += signs[at..].iter().take(2).take_while(|sign| BETWEEN.contains(sign.plain)).count();
    let number = signs[at..].iter().take(MOST + 1).take_while(|sign| sign.is_alphanumeric()).count();
    let special = signs.get(at + number).is_some_and(|sign| LAST.contains(sign.plain));
    let digits = signs[at..at + number].iter().filter(|sign| sign.plain.is_ascii_digit()).count();
    let length = number + usize::from(special);
    ((FEWEST..=MOST).contains(&length) && digits > 0).then(|| Masked::new(from, at + length, PLATE))
}
