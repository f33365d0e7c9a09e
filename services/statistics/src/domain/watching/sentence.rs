//! Why something was raised, in one sentence for people.

use super::{
    look::Finding,
    rules::{Move, Rule},
};
use crate::domain::definition::Definition;

/// How it is decided, for whoever asks.
pub const METHOD: &str = "每日将各序列最近2日、7日(可配置)与此前若干周的同期(同一星期几,春节前10日至后16日除外)相比。\
    若情况未变,全部事件落入本期的概率等于本期占全部时间(或应办总量)的份额,故本期件数服从二项分布(两个泊松计数之比);\
    达到界限的概率不超过规则所定的chance即预警。事件成串发生时(如一户多次报警),按该规则全部序列过去波动超出随机的倍数放宽,自身波动更大的按自身放宽。";

/// The sentence.
pub fn why(rule: &Rule, definition: &Definition, series_name: &str, finding: &Finding) -> String {
    let (days, past) = (finding.days, &finding.past);
    let what = match rule.moves {
        Move::CountRises | Move::ShareRises => definition.text.numerator.clone(),
        Move::ShareFalls => format!("未计入“{}”的", definition.text.name),
    };
    let out_of = |room: u64| match rule.moves {
        Move::CountRises => String::new(),
        Move::ShareRises | Move::ShareFalls => format!("/{room}"),
    };
    let place = if series_name.is_empty() { String::new() } else { format!("{series_name}，") };
    let scatter = if past.scatter > 1.0 {
        format!("同期波动为随机的{:.1}倍，已放宽；", past.scatter)
    } else {
        String::new()
    };
    format!(
        "{}（{}@{}）：{place}{}至{}{what}{}{}件；按此前{}个同期（共{}{}件）推算{:.1}件，界限{}件；{scatter}若情况未变，出现这么多的概率为{}。",
        definition.text.name,
        definition.id,
        definition.version,
        days.first,
        days.last,
        finding.observed.events,
        out_of(finding.observed.room),
        past.windows,
        past.sum.events,
        out_of(past.sum.room),
        finding.expected,
        finding.limit,
        in_words(finding.chance),
    )
}

fn in_words(chance: f64) -> String {
    if chance < 1e-6 {
        "不到百万分之一".to_owned()
    } else {
        format!("百万分之{:.0}", (chance * 1e6).max(1.0))
    }
}
