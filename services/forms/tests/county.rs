//! A county's forms: what is shipped, what a county says of its own, and what is wrong in its file.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{fs, path::Path};

use fengqiao_forms::{CountyForms, DataClass, word_of};
use fengqiao_proto::types::v1::{FormKind, Level};

fn load(kinds: &str, templates: &[(&str, &str)]) -> Result<CountyForms, Vec<(u64, String)>> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("agencies.csv"),
        "code,name,kind,area_code\ncourt,法院,functional,\ncentre,中心,centre,\n",
    )
    .unwrap();
    let forms = folder.path().join("forms");
    fs::create_dir(&forms).unwrap();
    fs::write(forms.join("kinds.toml"), kinds).unwrap();
    for (name, text) in templates {
        fs::write(forms.join(name), text).unwrap();
    }
    CountyForms::load(folder.path(), "centre", "麻城市").map_err(|found| {
        assert!(found.0.iter().all(|mistake| mistake.file.ends_with("forms/kinds.toml")), "{found}");
        found.0.into_iter().map(|mistake| (mistake.line, mistake.reason)).collect()
    })
}

#[test]
fn a_county_that_says_nothing_has_all_kinds_as_shipped() {
    let forms = load("", &[]).unwrap();
    assert_eq!(forms.rules().count(), 12);
    for rule in forms.rules() {
        let numbering = forms.numbering(rule.kind, "centre", 2026).unwrap();
        assert!(numbering.number(1).ends_with("〔2026〕第0001号"), "{}", numbering.number(1));
    }
    let hand: Vec<_> = forms.rules().filter(|rule| !rule.by_hand).map(|rule| word_of(rule.kind)).collect();
    assert_eq!(hand, ["report_form", "notice_form", "bulletin"], "these nobody issues by hand");
    assert!(forms.numbering(FormKind::ReportForm, "court", 2026).is_none(), "the court issues nothing");
    let report = forms.rule(FormKind::ReportForm).unwrap();
    assert_eq!(report.sign.at(Level::Red).map(String::from).as_deref(), Some("1h"));
    assert_eq!(report.sign.at(Level::Blue).map(String::from).as_deref(), Some("24h"));
    assert_eq!(forms.rule(FormKind::NoticeForm).unwrap().answer.at(Level::Red), None);
}

#[test]
fn s2_06_the_womens_federation_sees_the_need_and_not_the_police_narrative() {
    let forms = load("", &[]).unwrap();
    let of = |code: &str, kind: &str| forms.recipient(code, kind);
    let federation = of("womens_federation", "functional");
    assert!(
        federation.sees.contains(&DataClass::Need) && federation.sees.contains(&DataClass::SafeContactTime)
    );
    for hidden in [DataClass::Narrative, DataClass::Address, DataClass::IdNumber] {
        assert!(!federation.sees.contains(&hidden), "{hidden:?}");
    }
    assert!(of("housing", "functional").sees.contains(&DataClass::Narrative));
    assert!(!of("community-421181105202", "community").sees.contains(&DataClass::IdNumber));
    // What a routing from before the kind was said does not say, the county's folder does.
    assert_eq!((of("court", "").name.as_str(), of("centre", "").name.as_str()), ("department", "centre"));
    // What nobody knows sees nothing.
    assert!(of("x", "").sees.is_empty() && of("x", "school").sees.is_empty());
}

#[test]
fn a_county_says_what_is_its_own() {
    let forms = load(
        "version = 'm-1'
[issuers.centre]
name = '麻城市综治中心'
prefix = '麻综治'
[issuers.court]
name = '麻城市人民法院'
prefix = '麻法'
[kinds.report_form]
series = '{prefix}报〔{year}〕第{number:3}号'
template = 'mine.typ'
template_version = '7'
[recipients.womens_federation]
agencies = ['court']
sees = ['need']
",
        &[("mine.typ", "= 报告单")],
    )
    .unwrap();
    assert_eq!(forms.version, "m-1");
    let report = forms.rule(FormKind::ReportForm).unwrap();
    assert_eq!((report.template.version.as_str(), &*report.template.source), ("7", "= 报告单"));
    assert_eq!(report.title, "报告单", "what it leaves out is as shipped");
    assert_eq!(
        forms.numbering(FormKind::ReportForm, "court", 2027).unwrap().number(12),
        "麻法报〔2027〕第012号"
    );
    assert_eq!(forms.recipients.of_agency("court", None).sees, [DataClass::Need].into());
}

#[test]
fn each_mistake_is_named_by_its_line_and_key() {
    for (text, line, reason) in [
        (
            "\n[kinds.report_from]\ntitle = 'x'",
            2,
            "kinds.report_from is no kind of forms; there are report_form",
        ),
        ("[kinds.report_form]\ntitel = 'x'", 2, "unknown field `titel`"),
        (
            "[kinds.report_form]\nseries = '{prefix}{number}'",
            1,
            "kinds.report_form.series: a pattern has {year}",
        ),
        (
            "[kinds.report_form]\ntemplate = 'x.typ'\ntemplate_version = '1'",
            1,
            "neither in this folder nor shipped",
        ),
        ("[kinds.report_form]\ntemplate = '../x.typ'\ntemplate_version = '1'", 1, "no file of this folder"),
        ("[kinds.report_form]\ntemplate = 'form.typ'", 1, "goes with kinds.report_form.template_version"),
        ("[kinds.report_form]\nsign = { purple = '1h' }", 1, "kinds.report_form.sign: purple is no level"),
        ("[kinds.report_form]\nsign = { red = '1x' }", 2, "is not a limit"),
        ("[kinds.report_form]\nrecipients = ['school']", 1, "there are no recipients.school"),
        ("[kinds.report_form]\nfields = [{ key = 'A', label = 'x' }]", 1, "a key has small letters"),
        (
            "[kinds.report_form]\nfields = [{ key = 'a', label = 'x' }, { key = 'a', label = 'y' }]",
            1,
            "twice",
        ),
        (
            "[kinds.report_form]\nfields = [{ key = 'a', label = 'x', class = 'wealth' }]",
            2,
            "unknown variant `wealth`",
        ),
        (
            "[recipients.x]\nkinds = ['town']\nsees = []",
            1,
            "recipients.x: town are recipients of the kind town already",
        ),
        ("[recipients.x]\nagencies = ['cuort']\nsees = []", 1, "recipients.x: cuort is not in agencies.csv"),
        ("[recipients.town]\nsees = []", 0, "no kind of recipients has kinds = [\"town\"]"),
        ("[issuers.a]\nname='甲'\nprefix='麻综治'", 0, "the same prefix"),
    ] {
        let found = load(text, &[]).unwrap_err();
        assert!(found.iter().any(|(at, said)| *at == line && said.contains(reason)), "{text}\n{found:?}");
    }
}

#[test]
fn the_counties_that_are_shipped_are_sound() {
    let counties = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county");
    for (county, name, first) in [
        ("macheng", "麻城市", "麻综治报〔2026〕第0001号"),
        ("jintai", "金台区", "金综治报〔2026〕第0001号"),
        ("chengjiang", "澄江市", "澄综治报〔2026〕第0001号"),
        ("xiqing", "西青区", "西综治报〔2026〕第0001号"),
        ("wuwei", "凉州区", "凉综治报〔2026〕第0001号"),
    ] {
        let forms = CountyForms::load(&counties.join(county), "centre", name)
            .unwrap_or_else(|found| panic!("{found}"));
        assert!(forms.version.starts_with(county), "{county} says which version it is");
        assert_eq!(forms.numbering(FormKind::ReportForm, "centre", 2026).unwrap().number(1), first);
    }
}
