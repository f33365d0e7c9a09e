//! What stands behind a number: how it is defined, out of what it was counted, in which window.

use maud::{Markup, html};

use super::view::View;
use crate::domain::definition::{Definition, Unit};

/// A figure as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// The indicator's id.
    pub indicator: &'static str,
    /// What was counted.
    pub numerator: i64,
    /// Out of what; none for a plain count.
    pub denominator: Option<i64>,
}

impl Shown {
    /// A plain count.
    pub const fn count(indicator: &'static str, numerator: i64) -> Self {
        Self { indicator, numerator, denominator: None }
    }

    /// A share.
    pub const fn share(indicator: &'static str, numerator: i64, denominator: i64) -> Self {
        Self { indicator, numerator, denominator: Some(denominator) }
    }

    /// The number as people read it.
    pub fn text(self) -> String {
        match self.denominator {
            None => self.numerator.to_string(),
            Some(denominator) => percent(self.numerator, denominator),
        }
    }
}

/// A share of a hundred with one digit; a dash where there is nothing to share.
pub(super) fn percent(numerator: i64, denominator: i64) -> String {
    if denominator <= 0 {
        return "—".to_owned();
    }
    // In tenths, rounded half up as it is published.
    let tenths = (numerator.saturating_mul(2000).saturating_add(denominator)) / denominator.saturating_mul(2);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Whether there is too little to judge anyone by.
pub(super) fn is_small(view: &View<'_>, shown: Shown) -> bool {
    let least = view.definition(shown.indicator).map_or(0, |definition| i64::from(definition.minimum_sample));
    shown.denominator.is_some_and(|denominator| denominator < least)
}

/// How the numbers of a place on the page are counted, to be opened.
pub(super) fn explained(view: &View<'_>, id: &str, window: &str, all: &[Shown]) -> Markup {
    let language = view.language;
    html! {
        details class="defined" id={ "how-" (id) } {
            summary { (language.say("口径", "How counted")) }
            @for shown in all {
                @if let Some(definition) = view.definition(shown.indicator) {
                    (one(view, definition, window, *shown))
                }
            }
        }
    }
}

fn one(view: &View<'_>, definition: &Definition, window: &str, shown: Shown) -> Markup {
    let language = view.language;
    html! {
        p class="name" {
            a href={ (super::definitions::PATH) "#" (definition.id) } {
                (name(view, definition))
            }
            " " (definition.id) "@" (definition.version)
        }
        dl {
            dt { (language.say("分子", "Numerator")) } dd { (definition.text.numerator) " = " (shown.numerator) }
            @if let Some(denominator) = shown.denominator {
                dt { (language.say("分母", "Denominator")) }
                dd { (words(&definition.text.denominator)) " = " (denominator) }
            }
            dt { (language.say("时段", "Window")) } dd { (window) }
            @if let Some(newest) = view.newer_than(definition) {
                dt { (language.say("现行版本", "In force")) }
                dd {
                    (definition.id) "@" (newest) " "
                    (language.say("（本数字仍按第1版）", "(this number is by version 1)"))
                }
            }
        }
    }
}

fn words(said: &str) -> &str {
    if said.is_empty() { "—" } else { said }
}

/// The name of an indicator.
pub(super) fn name<'a>(view: &View<'_>, definition: &'a Definition) -> &'a str {
    view.language.say(&definition.text.name, &definition.text.name_en)
}

/// What a unit is called.
pub(super) const fn unit(view: &View<'_>, unit: Unit) -> &'static str {
    match unit {
        Unit::Count => view.language.say("件", "a count"),
        Unit::Percent => view.language.say("百分比", "percent"),
        Unit::Per10000 => view.language.say("每万人", "per 10,000 people"),
        Unit::Seconds => view.language.say("秒", "seconds"),
        Unit::Number => view.language.say("数", "a number"),
        Unit::Minutes => view.language.say("分钟", "minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_as_they_are_published() {
        assert_eq!(percent(11_994, 12_104), "99.1 %");
        assert_eq!(percent(500, 4_000), "12.5 %");
        assert_eq!(percent(1, 2000), "0.1 %");
        assert_eq!(percent(0, 0), "—");
        assert_eq!(percent(3, 3), "100.0 %");
    }
}
