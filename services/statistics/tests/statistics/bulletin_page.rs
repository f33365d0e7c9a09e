//! What a bulletin says, put together of figures that are given: kept as JSON, of which the paper's own test draws the page.

use std::{collections::BTreeMap, fs, path::Path};

use fengqiao_statistics::domain::{
    bulletin::{
        page::{Answers, Around, Groups, Scope, compose, lookups},
        shown::Found,
        template::{Bulletins, Known, Template},
        text::Only,
    },
    definition::Catalogue,
    question::Directory,
};

struct Macheng;

impl Directory for Macheng {
    fn has_area(&self, _: &str) -> bool {
        true
    }
    fn has_category(&self, _: &str) -> bool {
        true
    }
}

fn template(kind: &str) -> Template {
    let (catalogue, agencies) = (Catalogue::defaults().unwrap(), ["centre".to_owned()].into());
    let known =
        Known { catalogue: &catalogue, directory: &Macheng, agencies: &agencies, needs_agencies: true };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    Bulletins::load(&folder, &known).unwrap().kinds.remove(kind).unwrap()
}

fn found(numerator: i64, denominator: i64) -> Found {
    let ratio = (denominator > 0).then(|| numerator as f64 / denominator as f64);
    Found { numerator, denominator, ratio, spread: Some((5_400, 90_000)), small: denominator < 20 }
}

#[test]
fn the_weekly_says_what_was_kept() {
    let template = template("weekly");
    let days = template.period.with("2026-11-25".parse().unwrap()).unwrap();
    let scope = Scope { days, only: Only::default() };
    // Numbers that differ, in the order of the lookups.
    let figures = lookups(&template, &scope).into_iter().zip(1_i64..);
    let figures = figures.map(|(lookup, n)| (lookup, found(40 + 7 * n, 60 + 9 * n))).collect();
    let day = |n: i64| (format!("2026-11-{}", 22 + n), vec![found(10 + (n * 5) % 9, 0)]);
    let group = |name: &str, n: i64| {
        (name.to_owned(), vec![found(30 - n, 0), found(18 - n, 20 - n), found(15, 25), found(n, 30)])
    };
    let towns = ["龙池桥街道", "鼓楼街道", "南湖街道", "中馆驿镇", "合计"];
    let rows: Vec<_> = towns.iter().zip(1..).map(|(name, n)| group(name, n)).collect();
    let bars = ["邻里", "婚姻家庭", "物业", "房屋宅基地"].iter().zip([12, 9, 4, 3]);
    let bars = bars.map(|(name, n)| (name.to_string(), vec![found(n, 0)])).collect();
    let groups = |now| Groups { now, before: BTreeMap::new() };
    let answers = Answers {
        figures,
        tables: [((1, 0), groups(rows.clone())), ((2, 0), groups(rows))].into(),
        charts: [((0, 0), groups((1..=6).map(day).collect())), ((3, 0), groups(bars))].into(),
    };
    let catalogue = Catalogue::defaults().unwrap();
    let around = Around {
        catalogue: &catalogue,
        issuer: "麻城市综治中心".into(),
        county: "麻城市".into(),
        place: "麻城市".into(),
        made: "2026年11月30日08时30分".into(),
        known_at: "2026-11-30T00:30:00Z".into(),
    };
    let page = compose(&template, &scope, &answers, &around).page;
    let said = serde_json::to_string_pretty(&page).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../paper/tests/pages/bulletin.json");
    if std::env::var_os("FENGQIAO_KEEP_PAGES").is_some() {
        fs::write(&kept, format!("{said}\n")).unwrap();
    }
    assert_eq!(fs::read_to_string(kept).unwrap().trim_end(), said);
}
