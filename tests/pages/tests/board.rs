//! A morning at the county board, with a year's figures, in a real Chromium.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use fengqiao_page_days::Browser;
use fengqiao_scenarios::{
    drawn_facts::{Drawing, draw},
    people::yellow_report,
    shared::{County, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::{page_account::account_of, services::Service};
use thirtyfour::{By, common::print::PrintParameters};
use tokio::sync::OnceCell;

const PASSWORD: &str = "一个足够长的新口令呀呀呀";
/// What a page of the board may weigh, with the library of charts.
const MOST_BYTES: u64 = 250_000;
/// The goal: the first picture within a second with a year's figures.
const FIRST_PICTURE_MS: f64 = 1_000.0;
/// A year of a county: as many cases as Macheng published, and what belongs to them.
const YEAR: Drawing = Drawing { county: "421181", days: 365, cases: 12_104, reports: 15_000, pushes: 36_000 };

static DRAWN: OnceCell<()> = OnceCell::const_new();
/// One at a time: what one of them submits would be another's surprise.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The board's address, once the county has its year.
async fn board_of(county: &County) -> String {
    DRAWN
        .get_or_init(async || {
            until("facts are added up", USUAL, async || {
                let rolled = "SELECT county FROM statistics.rolled_county";
                sqlx::query_scalar::<_, String>(rolled).fetch_optional(&county.pool).await.unwrap()
            })
            .await;
            draw(&county.pool, &YEAR).await.unwrap();
        })
        .await;
    county.stack.description().board.unwrap()
}

async fn signed_in(
    county: &County,
    size: (u32, u32),
    language: &str,
    person: &str,
    agency: &str,
) -> (Browser, String) {
    let board = board_of(county).await;
    let account = account_of(Service::Statistics, person, agency, &county.calls()).await.unwrap();
    let browser = Browser::start(size.0, size.1, language).await;
    browser.sign_in_first(&board, &account, PASSWORD).await;
    (browser, board)
}

async fn number(browser: &Browser, which: &str) -> i64 {
    browser.text(&format!("[data-number={which}] strong")).await.parse().unwrap()
}

/// A count of the facts themselves.
async fn counted(county: &County, condition: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM statistics.fact_case WHERE valid_until IS NULL AND NOT merged AND NOT drill AND {condition}"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&county.pool).await.unwrap()
}

#[test]
fn a_morning_at_the_board() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (browser, board) = signed_in(county, (1600, 1000), "zh-CN", "director-li", "centre").await;
        browser.go(&format!("{board}/board")).await;
        browser.find(".plot canvas").await;
        browser.is_open_and_light("01-board", MOST_BYTES).await;

        // The numbers are those of the facts.
        let title = browser.text("h1").await;
        assert!(title.contains("麻城市"), "{title}");
        for (light, level) in [("red", 4), ("orange", 3), ("yellow", 2), ("blue", 1)] {
            let expected = counted(county, &format!("state = 1 AND level = {level}")).await;
            assert!(expected > 0);
            assert_eq!(number(&browser, light).await, expected, "{light}");
        }
        assert_eq!(number(&browser, "open").await, counted(county, "state = 1").await);
        assert_eq!(
            number(&browser, "late").await,
            counted(county, "state = 1 AND handle_due_at <= now()").await
        );
        let month = "opened_at >= (date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') - interval '29 days') AT TIME ZONE 'Asia/Shanghai'";
        assert_eq!(number(&browser, "cases").await, counted(county, month).await);
        let rate = browser.text("[data-number=signed] strong").await;
        assert!(rate.ends_with('%'), "{rate}");
        assert!(number(&browser, "repeats").await > 50);
        // Towns lie about as on the map, agencies stand with what they missed most first.
        assert_eq!(browser.run("return document.querySelectorAll('.tile').length").await, 28);
        let row = "return getComputedStyle(document.querySelector(\"[data-town='421181105']\").parentElement).gridRowStart";
        assert_eq!(browser.run(row).await, "3");
        assert!(browser.text(".agencies tbody tr").await.contains("公安局"));
        // Both charts are drawn, from tables that are there for everybody.
        assert_eq!(browser.run("return document.querySelectorAll('.plot canvas').length").await, 2);
        let days = "return document.querySelectorAll('#table-days tbody tr').length";
        assert_eq!(browser.run(days).await, 30);

        // Behind each number: numerator, denominator, window, version.
        browser.find("[data-number=resolved] summary").await.click().await.unwrap();
        let said = browser.text("[data-number=resolved] details").await;
        for word in ["resolved_rate@1", "分子", "分母", "时段", " 至 "] {
            assert!(said.contains(word), "{word} in {said}");
        }
        browser.picture("02-how-counted").await;

        // Nothing comes from elsewhere, and nothing may.
        let elsewhere = "return performance.getEntriesByType('resource').filter(one => !one.name.startsWith(location.origin)).length";
        assert_eq!(browser.run(elsewhere).await, 0);
        let tried = "const done = arguments[0]; fetch('https://192.0.2.1/').then(() => done('went'), () => done('no'))";
        let refused = browser.driver.execute_async(tried, Vec::new()).await.unwrap();
        assert_eq!(refused.json(), "no");

        // Live: a case comes, and the page has it without being loaded again; what was opened stays open.
        let before = number(&browser, "today").await;
        let yellow = number(&browser, "yellow").await;
        browser.run("window.sameStill = true").await;
        county.open(&yellow_report()).await;
        until("the new case is on the page", Duration::from_secs(15), async || {
            (number(&browser, "today").await > before).then_some(())
        })
        .await;
        assert!(number(&browser, "yellow").await > yellow);
        assert_eq!(browser.run("return window.sameStill").await, true);
        assert_eq!(
            browser.run("return document.querySelector('[data-number=resolved] details').open").await,
            true
        );
        assert_eq!(browser.run("return document.querySelectorAll('.plot canvas').length").await, 2);
        let fresh = browser.text("#fresh").await;
        assert!(fresh.contains("数据截至") && fresh.contains("延迟"), "{fresh}");

        // Two steps down: a town, its red cases. Then the red ones of all.
        browser.press("[data-town='421181105']").await;
        assert!(browser.text("h1").await.contains("阎家河镇"));
        browser.find(".plot canvas").await;
        browser.is_open_and_light("03-town", MOST_BYTES).await;
        let blue = number(&browser, "blue").await;
        browser.press("[data-number=blue] a").await;
        let listed = browser.run("return document.querySelectorAll('tr[data-case]').length").await;
        assert_eq!(listed, blue.min(50), "the list has what the light says");
        browser.is_open_and_light("04-cases-of-a-town", MOST_BYTES).await;
        browser.go(&format!("{board}/board/cases?level=red")).await;
        let ids = browser.run("return document.querySelectorAll('tr[data-case]').length").await;
        assert_eq!(ids, counted(county, "state = 1 AND level = 4").await.min(50));
        browser.go(&format!("{board}/board")).await;
        browser.press(".agencies tbody a").await;
        browser.is_open_and_light("05-agency", MOST_BYTES).await;
        browser.press("[data-number=yellow] a").await;
        assert!(browser.has("table.cases").await);
        // Page by page.
        browser.go(&format!("{board}/board/cases")).await;
        let first = browser.text("tr[data-case] code").await;
        browser.press("a[rel=next]").await;
        assert_ne!(browser.text("tr[data-case] code").await, first);
        browser.go(&format!("{board}/board/definitions#on_time_sign_rate")).await;
        assert!(browser.text("#on_time_sign_rate").await.contains("signed_at <= sign_due_at"));
        browser.is_open_and_light("06-definitions", MOST_BYTES).await;

        // On paper.
        browser.go(&format!("{board}/board")).await;
        browser.find(".plot canvas").await;
        let paper = browser.driver.print_page(PrintParameters::default()).await.unwrap();
        let sheets = String::from_utf8_lossy(&paper).matches("/Type /Page\n").count();
        assert!(paper.starts_with(b"%PDF") && (1..=3).contains(&sheets), "{sheets} sheets");

        // Signed out, there is nothing to see, and no newer numbers come.
        browser.press("form[action='/sign-out'] button").await;
        browser.go(&format!("{board}/board")).await;
        assert!(browser.has("#password").await);
        browser.end(FIRST_PICTURE_MS).await;
    });
}

#[test]
fn on_the_wall_in_english_and_on_a_telephone() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (browser, board) = signed_in(county, (1920, 1080), "en-GB", "dispatcher-zhou", "centre").await;
        browser.go(&format!("{board}/board/wall")).await;
        browser.find(".plot canvas").await;
        browser.is_open_and_light("07-wall", MOST_BYTES).await;
        assert!(browser.text("#lights").await.contains("Open cases"));
        let ground = browser.run("return getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(ground, "rgb(10, 16, 23)");
        let below = browser.run("return document.documentElement.scrollHeight - window.innerHeight").await;
        assert!(below.as_i64().unwrap() <= 0, "all of it is on one screen: {below}");
        browser.driver.set_window_rect(0, 0, 500, 900).await.unwrap();
        browser.go(&format!("{board}/board")).await;
        browser.find(".plot canvas").await;
        browser.is_open_and_light("08-telephone", MOST_BYTES).await;
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.run(wide).await, 0, "nothing hangs out at the side");
        browser.press("nav a[hreflang=zh]").await;
        assert!(browser.driver.find(By::Css("html[lang=zh-CN]")).await.is_ok());
        browser.end(FIRST_PICTURE_MS).await;
    });
}

#[test]
fn who_may_see_numbers_sees_no_lists_and_who_may_see_none_sees_none() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (browser, board) = signed_in(county, (1280, 900), "zh-CN", "duty-kong", "government").await;
        browser.go(&format!("{board}/board")).await;
        assert!(number(&browser, "red").await > 0);
        assert!(!browser.has("[data-number=red] a").await);
        browser.go(&format!("{board}/board/cases?level=red")).await;
        assert!(browser.text("main").await.contains("名单只对") && !browser.has("tr[data-case]").await);
        browser.end(FIRST_PICTURE_MS).await;

        let (browser, board) =
            signed_in(county, (1280, 900), "zh-CN", "officer-feng", "town-421181105").await;
        for page in ["/board", "/board/wall", "/board/cases", "/board/towns/421181105", "/board/definitions"]
        {
            browser.go(&format!("{board}{page}")).await;
            assert!(browser.text("main").await.contains("只对县"), "{page}");
        }
        browser.go(&format!("{board}/board/live")).await;
        assert!(!browser.text("body").await.contains("light red"));
        browser.end(FIRST_PICTURE_MS).await;
    });
}
