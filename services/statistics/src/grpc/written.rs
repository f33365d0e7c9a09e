//! Domain values as the contract writes them.

use fengqiao_proto::statistics::v1::{Exclusion as ToldExclusion, IndicatorDefinition, WholeNumbers};
use fengqiao_serving::time::to_proto;

use crate::{
    domain::{
        definition::{Better, Catalogue, Definition, Denominator, Unit},
        language::ColumnKind,
        published::Pair,
    },
    store::Exclusion,
};

/// A definition.
pub(super) fn definition(definition: &Definition, catalogue: &Catalogue) -> IndicatorDefinition {
    let text = &definition.text;
    let time_role = definition.time.map(|column| {
        let words = match column.kind {
            ColumnKind::Due => "到期时间",
            _ => "发生时间",
        };
        format!("{}: {words}", column.name)
    });
    let rated = matches!(definition.denominator, Some(Denominator::Measured(_) | Denominator::People(_)));
    IndicatorDefinition {
        id: definition.id.clone(),
        name: text.name.clone(),
        version: definition.version,
        numerator: text.numerator.clone(),
        denominator: if rated { text.denominator.clone() } else { String::new() },
        time_role: time_role.unwrap_or_else(|| "统计期(见分子、分母)".to_owned()),
        name_en: text.name_en.clone(),
        grain: definition.grain.word().to_owned(),
        numerator_rule: text.numerator_rule.clone(),
        denominator_rule: text.denominator_rule.clone(),
        value_rule: text.value_rule.clone(),
        exclusions: text.exclude_rule.clone(),
        unit: Unit::word(definition.unit).to_owned(),
        minimum_sample: definition.minimum_sample,
        source: text.source.clone(),
        buckets: definition.buckets.clone(),
        newest: catalogue.is_newest(definition),
        better: definition.better.map(Better::word).unwrap_or_default().to_owned(),
        scale: definition.unit.scale(),
    }
}

/// An exclusion.
pub(super) fn exclusion(kept: &Exclusion) -> ToldExclusion {
    ToldExclusion {
        exclusion_id: kept.exclusion_id.to_string(),
        indicator: kept.indicator.clone(),
        case_id: kept.case_id.to_string(),
        reason: kept.reason.clone(),
        excluded_by: kept.excluded_by.clone(),
        excluded_at: Some(to_proto(kept.excluded_at())),
        included_by: kept.included_by.clone().unwrap_or_default(),
        included_at: kept.included_at().map(to_proto),
        included_reason: kept.included_reason.clone().unwrap_or_default(),
    }
}

/// Two whole numbers.
pub(super) fn whole_numbers(pair: &Pair) -> WholeNumbers {
    WholeNumbers { numerator: pair.first, denominator: pair.second, percentage: pair.gives.clone() }
}
