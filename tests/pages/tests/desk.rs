//! A whole day's work at the agency desk, in a real Chromium.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{path::PathBuf, time::Duration};

use fengqiao_page_days::Browser;
use fengqiao_proto::notification::v1::{
    AnswerKind, CannotReason, FeedbackOutcome, ListAnswersRequest, ListPushesRequest, Push, ReceiptState,
    answer_service_client::AnswerServiceClient,
};
use fengqiao_scenarios::{
    people::yellow_report,
    shared::{County, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::{
    page_account::{PageAccount, account_of},
    services::Service,
};
use thirtyfour::{By, Key, common::print::PrintParameters};

const AGENCY: &str = "town-421181105";
const PERSON: &str = "officer-feng";
const PASSWORD: &str = "一个足够长的新口令呀呀呀";

/// One at a time: they work on the same agency's pushes.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A day's pushes for the town, and an account of its officer with the password for the first time.
async fn day(county: &County, pushes: usize) -> (String, PageAccount, Vec<Push>) {
    let before = inbox(county, AGENCY).await.len();
    for _ in 0..pushes {
        county.open(&yellow_report()).await;
    }
    let pushes = until("the town has its pushes", USUAL, async || {
        Some(inbox(county, AGENCY).await).filter(|all| all.len() >= before + pushes)
    })
    .await;
    let account = account_of(Service::Notification, PERSON, AGENCY, &county.calls()).await.unwrap();
    (county.stack.description().desk.unwrap(), account, pushes)
}

async fn inbox(county: &County, agency: &str) -> Vec<Push> {
    let mut client = county.calls().notification(agency).unwrap();
    let asked =
        ListPushesRequest { page_size: 500, receipt: ReceiptState::Unsigned.into(), ..Default::default() };
    client.list_pushes(asked).await.unwrap().into_inner().pushes
}

async fn number(browser: &Browser, which: &str) -> i64 {
    browser.text(&format!("[data-number={which}] strong")).await.parse().unwrap()
}

/// That nobody is shut out, what the page weighs, and how soon it is there.
async fn is_open_and_light(browser: &Browser, name: &str) {
    browser.is_open_and_light(name, 100_000).await;
}

/// A photo as an officer would hand it in.
fn photo(folder: &std::path::Path) -> PathBuf {
    let file = folder.join("现场照片.jpg");
    let mut bytes = b"\xFF\xD8\xFF\xE0\0\x10JFIF".to_vec();
    bytes.extend((0..300_000u32).map(|n| (n % 251) as u8));
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn a_whole_day_s_work() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (desk, account, pushes) = day(county, 4).await;
        let browser = Browser::start(1280, 900, "zh-CN").await;
        browser.go(&format!("{desk}/pushes")).await;
        is_open_and_light(&browser, "01-sign-in").await;
        browser.sign_in_first(&desk, &account, PASSWORD).await;
        let to_sign = number(&browser, "to-sign").await;
        assert_eq!(to_sign, pushes.len() as i64);
        assert_eq!(number(&browser, "returned").await, 0);
        // A yellow push is to be signed within twelve hours: today, or tomorrow where it is late in the day.
        let today = number(&browser, "today").await;
        assert!(today == 0 || today == to_sign, "{today} of {to_sign}");
        is_open_and_light(&browser, "02-list").await;

        // Three are signed.
        for push in &pushes[..3] {
            browser.go(&format!("{desk}/pushes/{}", push.push_id)).await;
            let paper = browser.text(".paper").await;
            assert!(
                paper.contains("报告单")
                    && paper.contains("夫妻为家务长期争吵")
                    && paper.contains(&push.case_number),
                "{paper}"
            );
            browser.press("form[action$='/sign'] button").await;
            assert_eq!(browser.text(".done").await, "已签收。");
        }
        is_open_and_light(&browser, "03-signed").await;

        // One is returned with a reason.
        browser.go(&format!("{desk}/pushes/{}", pushes[3].push_id)).await;
        browser.find("summary").await.click().await.unwrap();
        browser.find("input[name=reason][value='2']").await.click().await.unwrap();
        browser.fill("#return-text", "事发地在邻镇").await;
        is_open_and_light(&browser, "04-return").await;
        browser.press("form[action$='/return'] button").await;
        assert_eq!(browser.text(".done").await, "已退回。");

        // Feedback: in progress by a template alone, then done in own words with a photo.
        let folder = tempfile::tempdir().unwrap();
        browser.go(&format!("{desk}/pushes/{}", pushes[0].push_id)).await;
        browser.find("input[name=outcome][value='1']").await.click().await.unwrap();
        browser.find("#template option[value='0']").await.click().await.unwrap();
        browser.press("form[action$='/feedback'] button").await;
        assert_eq!(browser.text(".done").await, "已反馈。");
        assert!(!browser.text(".history").await.contains("实质性反馈"));
        browser.find("input[name=outcome][value='2']").await.click().await.unwrap();
        browser.fill("#feedback-text", "双方到场，签订调解协议").await;
        browser.fill("#files", photo(folder.path()).to_str().unwrap()).await;
        is_open_and_light(&browser, "05-feedback").await;
        browser.press("form[action$='/feedback'] button").await;
        let history = browser.text(".history").await;
        assert!(history.contains("实质性反馈") && history.contains("现场照片.jpg"), "{history}");
        assert!(history.contains("阎家河镇综治专干 冯媛") && history.contains("双方到场"), "{history}");
        is_open_and_light(&browser, "06-history").await;

        // A program is none, whatever its name; what was typed is not lost, and the cannot needs its reason.
        let program = folder.path().join("photo.jpg");
        std::fs::write(&program, [b"\x7FELF\x02\x01\x01".as_slice(), &[0; 9000]].concat()).unwrap();
        browser.go(&format!("{desk}/pushes/{}", pushes[1].push_id)).await;
        browser.find("input[name=outcome][value='1']").await.click().await.unwrap();
        browser.fill("#feedback-text", "已上门核实情况").await;
        browser.fill("#files", program.to_str().unwrap()).await;
        browser.press("form[action$='/feedback'] button").await;
        assert!(browser.text(".alert").await.contains("以内容判断"));
        browser.find("input[name=outcome][value='3']").await.click().await.unwrap();
        browser.fill("#feedback-text", "三次上门均无人").await;
        browser.press("form[action$='/feedback'] button").await;
        assert!(browser.text(".alert").await.contains("须选择原因"));
        browser.find("input[name=outcome][value='3']").await.click().await.unwrap();
        browser.find("#cannot option[value='3']").await.click().await.unwrap();
        browser.fill("#feedback-text", "三次上门均无人").await;
        browser.press("form[action$='/feedback'] button").await;
        assert_eq!(browser.text(".done").await, "已反馈。");

        // The numbers have changed, and all of it stands where the centre sees it.
        browser.go(&format!("{desk}/pushes")).await;
        assert_eq!(number(&browser, "to-sign").await, to_sign - 4);
        assert_eq!(number(&browser, "returned").await, 1);
        browser.press("[data-number=returned]").await;
        assert!(browser.has(&format!("a[href='/pushes/{}']", pushes[3].push_id)).await);
        let officer = county.calls().caller(Service::Notification, "officer").unwrap();
        let mut answers = AnswerServiceClient::new(officer);
        let asked = ListAnswersRequest { push_id: pushes[0].push_id.clone(), ..Default::default() };
        let told = answers.list_answers(asked).await.unwrap().into_inner().answers;
        let kinds: Vec<_> = told
            .iter()
            .map(|one| (one.kind(), one.outcome(), one.substantive, one.attachment_ids.len()))
            .collect();
        let nothing = FeedbackOutcome::Unspecified;
        assert_eq!(
            kinds,
            [
                (AnswerKind::Signed, nothing, false, 0),
                (AnswerKind::Feedback, FeedbackOutcome::InProgress, false, 0),
                (AnswerKind::Feedback, FeedbackOutcome::Done, true, 1),
            ]
        );
        assert!(told.iter().all(|one| one.actor == PERSON && one.capacity == "town-officer"));
        let asked = ListAnswersRequest { push_id: pushes[1].push_id.clone(), ..Default::default() };
        let cannot = answers.list_answers(asked).await.unwrap().into_inner().answers;
        assert_eq!(cannot.last().unwrap().cannot_reason(), CannotReason::NotReached);

        // On paper: the form alone, on one sheet.
        browser.go(&format!("{desk}/pushes/{}", pushes[0].push_id)).await;
        let paper = browser.driver.print_page(PrintParameters::default()).await.unwrap();
        assert!(paper.starts_with(b"%PDF"));
        let sheets = String::from_utf8_lossy(&paper).matches("/Type /Page\n").count();
        assert_eq!(sheets, 1);
        let shown = browser
            .run("return [...document.querySelectorAll('.acts, .bar, .no-print, .paper')].length")
            .await;
        assert!(shown.as_u64().unwrap() > 3);

        // Signed out, there is nothing to see any more.
        browser.press("form[action='/sign-out'] button").await;
        browser.go(&format!("{desk}/pushes/{}", pushes[0].push_id)).await;
        assert!(browser.has("#password").await);
        browser.end(500.0).await;
    });
}

#[test]
fn what_is_another_agency_s_is_not_there_and_a_form_of_another_site_is_refused() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (desk, account, pushes) = day(county, 1).await;
        let foreign = until("another agency has pushes", USUAL, async || {
            inbox(county, "womens_federation").await.into_iter().next()
        })
        .await;
        let browser = Browser::start(1280, 900, "zh-CN").await;
        browser.sign_in_first(&desk, &account, PASSWORD).await;
        browser.go(&format!("{desk}/pushes/{}", foreign.push_id)).await;
        assert!(browser.text("main").await.contains("没有这一页"));
        let status = browser.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        assert_eq!(status, 404);
        // The same form with another token changes nothing.
        browser.go(&format!("{desk}/pushes/{}", pushes[0].push_id)).await;
        browser.run("document.querySelector(\"form[action$='/sign'] [name=csrf]\").value = 'x'").await;
        browser.press("form[action$='/sign'] button").await;
        assert!(browser.text(".alert").await.contains("没有作任何更改"));
        browser.picture("07-forged").await;
        assert!(
            inbox(county, AGENCY).await.iter().any(|push| push.push_id == pushes[0].push_id),
            "it is unsigned"
        );

        // What no browser would send: another site's request, a huge file, no session.
        let client = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let sign = format!("{desk}/pushes/{}/sign", pushes[0].push_id);
        let cross =
            client.post(&sign).header("sec-fetch-site", "cross-site").body("csrf=x").send().await.unwrap();
        assert_eq!(cross.status(), 403);
        let nobody = client.get(format!("{desk}/pushes")).send().await.unwrap();
        assert_eq!(
            (nobody.status().as_u16(), nobody.headers()["location"].to_str().unwrap()),
            (303, "/sign-in")
        );
        for (name, value) in [
            ("content-security-policy", "default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age"),
        ] {
            let said = nobody.headers()[name].to_str().unwrap().to_owned();
            assert!(said.contains(value) && !said.contains("unsafe"), "{name}: {said}");
        }
        let cookies = browser.driver.get_all_cookies().await.unwrap();
        let session = cookies.iter().find(|cookie| cookie.name == "__Host-fengqiao").unwrap();
        assert_eq!((session.secure, session.path.as_deref()), (Some(true), Some("/")));
        assert_eq!(browser.run("return document.cookie").await, "", "no script reads it");
        // The paper of one's own form is there, the same bytes each time; another agency's is not.
        let cookie = format!("{}={}", session.name, session.value);
        let paper = async |push_id: &str| {
            let address = format!("{desk}/pushes/{push_id}/paper");
            let answer = client.get(address).header("cookie", &cookie).send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        };
        let (status, pdf) = paper(&pushes[0].push_id).await;
        assert!(status == 200 && pdf.starts_with(b"%PDF"), "{status}");
        assert_eq!(paper(&pushes[0].push_id).await, (200, pdf));
        assert_eq!(paper(&foreign.push_id).await.0, 404);
        let huge = client
            .post(format!("{desk}/pushes/{}/feedback", pushes[0].push_id))
            .header("cookie", format!("{}={}", session.name, session.value))
            .header("content-type", "multipart/form-data; boundary=x")
            .body(vec![0; 100_000_000])
            .timeout(Duration::from_secs(30))
            .send()
            .await;
        // The refusal may come before all is sent; then the client only sees that nobody reads on.
        assert!(huge.map_or(true, |answer| answer.status() == 413));
        browser.end(500.0).await;
    });
}

#[test]
fn wrong_passwords_lock_the_door_for_a_while() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let desk = county.stack.description().desk.unwrap();
        let account = account_of(Service::Notification, "justice-nobody", AGENCY, &county.calls()).await;
        assert!(account.is_err(), "whom the directory does not know gets no account");
        let account =
            account_of(Service::Notification, "director-wang", AGENCY, &county.calls()).await.unwrap();
        let browser = Browser::start(1280, 900, "zh-CN").await;
        for _ in 0..5 {
            browser.sign_in(&desk, &account.name, "wrong password").await;
            assert_eq!(browser.text(".alert").await, "账号或口令有误。");
        }
        browser.sign_in(&desk, &account.name, &account.first_password).await;
        assert!(browser.text(".alert").await.contains("口令多次有误"));
        is_open_and_light(&browser, "08-locked").await;
        // An operator's reset opens it.
        let account =
            account_of(Service::Notification, "director-wang", AGENCY, &county.calls()).await.unwrap();
        browser.sign_in_first(&desk, &account, PASSWORD).await;
        assert!(browser.has(".numbers").await);
        browser.end(500.0).await;
    });
}

#[test]
fn in_english_on_a_telephone_and_with_the_keyboard_alone() {
    run(|county| async move {
        let _one = ONE.lock().await;
        let (desk, _, pushes) = day(county, 1).await;
        let account =
            account_of(Service::Notification, "leader-qian", AGENCY, &county.calls()).await.unwrap();
        let browser = Browser::start(500, 900, "en-GB").await;
        browser.go(&format!("{desk}/")).await;
        assert!(browser.text("h1").await.contains("Sign in"));
        // With the keyboard alone: name, password, Enter.
        let keyboard = async |keys: &str| {
            let active = browser.driver.active_element().await.unwrap();
            active.send_keys(keys).await.unwrap();
        };
        let tab = || Key::Tab.value().to_string();
        while browser.driver.active_element().await.unwrap().id().await.unwrap().as_deref() != Some("name") {
            keyboard(&tab()).await;
        }
        keyboard(&account.name).await;
        keyboard(&tab()).await;
        let page = browser.find("html").await;
        keyboard(&format!("{}{}", account.first_password, Key::Enter.value())).await;
        browser.left(&page).await;
        while browser.driver.active_element().await.unwrap().id().await.unwrap().as_deref() != Some("old") {
            keyboard(&tab()).await;
        }
        for text in [&account.first_password, PASSWORD] {
            keyboard(text).await;
            keyboard(&tab()).await;
        }
        let page = browser.find("html").await;
        keyboard(&format!("{PASSWORD}{}", Key::Enter.value())).await;
        browser.left(&page).await;
        assert!(browser.text(".numbers").await.contains("To sign"));
        is_open_and_light(&browser, "09-telephone-english").await;
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.run(wide).await, 0, "nothing hangs out at the side");

        // The first Tab leads past the bar to the content; the push is opened and signed with Tab and Enter.
        keyboard(&tab()).await;
        assert_eq!(
            browser.driver.active_element().await.unwrap().class_name().await.unwrap().as_deref(),
            Some("skip")
        );
        let wanted = format!("/pushes/{}", pushes[0].push_id);
        let reach = async |name: &str, value: &str| {
            for _ in 0..200 {
                let active = browser.driver.active_element().await.unwrap();
                if active.attr(name).await.unwrap().as_deref() == Some(value) {
                    return;
                }
                keyboard(&tab()).await;
            }
            panic!("{value} is not reached with the keyboard");
        };
        reach("href", &wanted).await;
        let page = browser.find("html").await;
        keyboard(&Key::Enter.value().to_string()).await;
        browser.left(&page).await;
        is_open_and_light(&browser, "10-telephone-form").await;
        assert_eq!(browser.run(wide).await, 0, "nothing hangs out at the side");
        reach("type", "submit").await;
        while browser.driver.active_element().await.unwrap().text().await.unwrap() != "Sign" {
            keyboard(&tab()).await;
        }
        let page = browser.find("html").await;
        keyboard(&Key::Enter.value().to_string()).await;
        browser.left(&page).await;
        assert_eq!(browser.text(".done").await, "Signed.");
        // And in Chinese again.
        browser.press("nav a[hreflang=zh]").await;
        assert!(browser.text(".paper").await.contains("报告单"));
        assert!(browser.driver.find(By::Css("html[lang=zh-CN]")).await.is_ok());
        browser.end(500.0).await;
    });
}
