//! How many pages a second one core prints: report forms, each with words of its own, as PDF. The goal is 20.
//!
//! `tests/bench paper [SECONDS]`

use std::{error::Error, path::Path, time::Duration, time::Instant};

use fengqiao_paper::{FONT_FOLDER, Press, Sheet};
use jiff::Timestamp;

const TEMPLATE: &str = include_str!("../../forms/default/form.typ");
const USUAL_SECONDS: u64 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(USUAL_SECONDS), |text| text.parse())?;
    let press = Press::new(Path::new(FONT_FOLDER))?;
    let issued_at = Timestamp::UNIX_EPOCH;
    let print = |number: usize| {
        let content = content(number);
        let identifier = number.to_string();
        press.print(&Sheet { template: TEMPLATE, content: &content, issued_at, identifier: &identifier })
    };
    let began = Instant::now();
    print(0)?;
    println!("the first page, with its fonts: {} ms", began.elapsed().as_millis());
    let (mut pages, mut bytes, mut slowest) = (0, 0, Duration::ZERO);
    let began = Instant::now();
    for number in 1.. {
        let one = Instant::now();
        let paper = print(number)?;
        slowest = slowest.max(one.elapsed());
        pages += paper.pages;
        bytes += paper.pdf.len();
        if began.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
    let rate = pages as f64 / began.elapsed().as_secs_f64();
    println!(
        "{pages} pages, {} kB each, the slowest took {} ms",
        bytes / pages.max(1) / 1000,
        slowest.as_millis()
    );
    println!("paper pages_per_second={rate:.1}");
    Ok(())
}

/// What stands in a form; no two are alike.
fn content(number: usize) -> String {
    let words = ["漏水", "噪声", "欠薪", "占道", "排水", "界址", "赡养", "借款", "宠物", "停车"];
    let told: String =
        (0..12).map(|at| format!("第{}次反映{}，", at + number, words[(number / (at + 1)) % 10])).collect();
    format!(
        r#"{{"drill": false, "issuer": "麻城市综治中心", "title": "报告单", "number": "麻综治报〔2026〕第{number:04}号",
        "addressee": "麻城市住房和城乡建设局", "level": "黄色", "case_number": "20261127-{number:04}",
        "area": "麻城市 鼓楼街道", "reason": "定为黄色：重复反映", "issued": "2026年11月27日", "sign_by": "2026年11月27日21时",
        "answer_by": "2026年12月8日24时", "check_code": "7KQ4-M2XD-9RTF", "fields": [],
        "matter": {{"title": "{}纠纷", "need": "", "safe_contact_time": "", "narrative": "{told}望协调。",
        "address": "鼓楼社区{number}号", "parties": [{{"role": "诉求人", "name": "王某", "phone": "1542004{number:04}", "id_number": ""}}]}}}}"#,
        words[number % 10]
    )
}
