//! Forms on paper: how they look, and that they look so for ever.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use fengqiao_paper::{FONT_FOLDER, FontError, PaperError, Press, Sheet};
use jiff::Timestamp;
use typst_render::RenderOptions;

const FORM: &str = include_str!("../../forms/default/form.typ");
const LETTER: &str = include_str!("../../forms/default/letter.typ");
const BULLETIN: &str = include_str!("../../statistics/data/bulletins/bulletin.typ");
/// What a weekly says; statistics' own test puts it together.
const WEEKLY: &str = include_str!("pages/bulletin.json");
/// A pixel is another one where its colours are this far apart; fonts of another version draw edges a little otherwise.
const SAME_COLOUR: u8 = 48;
/// So many pixels of ten thousand may be others.
const MOST_OTHERS: usize = 30;

static PRESS: LazyLock<Press> = LazyLock::new(|| Press::new(Path::new(FONT_FOLDER)).unwrap());

fn content(drill: bool, narrative: &str) -> String {
    format!(
        r#"{{
  "drill": {drill}, "issuer": "麻城市综治中心", "title": "报告单", "number": "麻综治报〔2026〕第0001号",
  "addressee": "麻城市住房和城乡建设局", "level": "黄色", "case_number": "20261127-0017",
  "area": "麻城市 鼓楼街道 鼓楼社区", "reason": "定为黄色：重复反映", "issued": "2026年11月27日",
  "sign_by": "2026年11月27日21时", "answer_by": "2026年12月8日24时", "check_code": "7KQ4-M2XD-9RTF",
  "matter": {{
    "title": "楼上漏水", "need": "请查明漏点", "safe_contact_time": "", "narrative": "{narrative}",
    "address": "鼓楼社区三组12号", "parties": [
      {{"role": "诉求人", "name": "王某", "phone": "15420040001", "id_number": ""}},
      {{"role": "被诉方", "name": "李某", "phone": "15420040002", "id_number": ""}}
    ]
  }},
  "fields": [{{"label": "工作要求", "text": "上门查看，两日内答复。\n不得推诿。"}}]
}}"#
    )
}

fn sheet<'a>(template: &'a str, content: &'a str) -> Sheet<'a> {
    let issued_at: Timestamp = "2026-11-27T01:12:40Z".parse().unwrap();
    Sheet { template, content, issued_at, identifier: "01a199d0-cb40-7b3e-9f21-5d0c3e8a1b47" }
}

/// The first page at one pixel a point.
fn picture(template: &str, content: &str) -> tiny_skia::Pixmap {
    let document = PRESS.document(&sheet(template, content)).unwrap();
    let options = RenderOptions { pixel_per_pt: 1.0.into(), ..RenderOptions::default() };
    typst_render::render(&document.pages()[0], &options)
}

/// Compares a page with the kept one. With FENGQIAO_KEEP_PAGES the new one is kept instead.
fn looks_as_kept(name: &str, drawn: &tiny_skia::Pixmap) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(format!("{name}.png"));
    if std::env::var_os("FENGQIAO_KEEP_PAGES").is_some() {
        drawn.save_png(&kept).unwrap();
    }
    let before = tiny_skia::Pixmap::load_png(&kept).unwrap();
    assert_eq!((before.width(), before.height()), (drawn.width(), drawn.height()));
    let others = others(&before, drawn);
    let allowed = before.pixels().len() * MOST_OTHERS / 10_000;
    if others > allowed {
        let new: PathBuf = std::env::temp_dir().join(format!("{name}-{}.png", std::process::id()));
        drawn.save_png(&new).unwrap();
        panic!("{others} pixels of {name} are others, {allowed} may be: see {}", new.display());
    }
}

fn others(one: &tiny_skia::Pixmap, other: &tiny_skia::Pixmap) -> usize {
    let far = |a: u8, b: u8| a.abs_diff(b) > SAME_COLOUR;
    one.pixels()
        .iter()
        .zip(other.pixels())
        .filter(|(a, b)| far(a.red(), b.red()) || far(a.green(), b.green()) || far(a.blue(), b.blue()))
        .count()
}

#[test]
fn a_report_form_looks_as_it_was_kept() {
    looks_as_kept("report_form", &picture(FORM, &content(false, "楼上卫生间漏水，多次协商未果。")));
}

#[test]
fn a_letter_looks_as_it_was_kept() {
    let content = content(false, "楼上卫生间漏水，多次协商未果。").replace("报告单", "督办函（黄牌）");
    looks_as_kept("letter", &picture(LETTER, &content));
}

#[test]
fn a_bulletin_looks_as_it_was_kept() {
    looks_as_kept("bulletin", &picture(BULLETIN, WEEKLY));
    let printed = PRESS.print(&sheet(BULLETIN, WEEKLY)).unwrap();
    assert_eq!(PRESS.print(&sheet(BULLETIN, WEEKLY)).unwrap(), printed);
    assert!((2..=4).contains(&printed.pages), "{}", printed.pages);
}

#[test]
fn an_exercise_says_so_in_red() {
    let plain = picture(FORM, &content(false, "漏水"));
    let drill = picture(FORM, &content(true, "漏水"));
    looks_as_kept("drill", &drill);
    let red = |page: &tiny_skia::Pixmap| {
        page.pixels()
            .iter()
            .filter(|pixel| pixel.red() > 180 && pixel.green() < 60 && pixel.blue() < 60)
            .count()
    };
    assert!(red(&drill) > red(&plain) + 200, "{} {}", red(&drill), red(&plain));
}

#[test]
fn another_text_is_seen_by_the_comparison() {
    let one = picture(FORM, &content(false, "楼上卫生间漏水，多次协商未果。"));
    let other = picture(FORM, &content(false, "楼下卫生间漏水，已经协商一致。"));
    assert!(others(&one, &other) > 0);
    let letter = picture(LETTER, &content(false, "漏水"));
    assert!(others(&one, &letter) > one.pixels().len() * MOST_OTHERS / 10_000);
}

#[test]
fn the_same_form_is_the_same_bytes_also_from_another_press() {
    let content = content(false, "楼上漏水");
    let first = PRESS.print(&sheet(FORM, &content)).unwrap();
    assert!(first.pdf.starts_with(b"%PDF-"));
    assert_eq!(first.pages, 1);
    assert_eq!(PRESS.print(&sheet(FORM, &content)).unwrap(), first);
    let other = Press::new(Path::new(FONT_FOLDER)).unwrap();
    assert_eq!(other.print(&sheet(FORM, &content)).unwrap(), first);
}

#[test]
fn a_long_form_has_more_pages_and_what_people_wrote_is_no_markup() {
    let long = "#panic() *粗* $x$ @ref <a> [b] ".repeat(200);
    assert!(PRESS.print(&sheet(LETTER, &content(false, &long))).unwrap().pages > 1);
    assert!(PRESS.print(&sheet(FORM, &content(false, &long))).unwrap().pages > 1);
}

#[test]
fn a_wrong_template_is_named_by_its_line_and_reads_no_file() {
    let wrong = |template: &str| match PRESS.print(&sheet(template, "{}")).unwrap_err() {
        PaperError::Template { line, reason } => (line, reason),
        other => panic!("{other}"),
    };
    assert_eq!(wrong("= 报告单\n#unknown()").0, 2);
    assert_eq!(wrong("#let form = json(\"form.json\")\n\n#form.title").0, 3);
    for template in ["#read(\"/etc/passwd\")", "#read(\"template.json\")", "#import \"@preview/x:1.0.0\": y"]
    {
        assert_eq!(wrong(template).0, 1, "{template}");
    }
    let endless = "#for i in range(60) { [x #pagebreak()] }";
    assert!(matches!(PRESS.print(&sheet(endless, "{}")), Err(PaperError::TooLong)));
}

#[test]
fn without_a_chinese_font_it_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let error = Press::new(folder.path()).unwrap_err();
    assert!(matches!(&error, FontError::NotChinese(_)) && error.to_string().contains("fonts-noto-cjk"));
    fs::remove_dir(folder.path()).unwrap();
    assert!(matches!(Press::new(folder.path()), Err(FontError::Unreadable { .. })));
}
