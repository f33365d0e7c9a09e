//! The README's examples in Python do what it says, against a running stack. tests/run prepares them (tests/examples).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use fengqiao_proto::{
    intake::v1::ListReportsRequest,
    notification::v1::{GetPushRequest, ListPushesRequest, Push, ReceiptState},
    types::v1::Source,
};
use fengqiao_scenarios::{
    people::red_report,
    shared::County,
    waiting::{USUAL, until},
};

/// Fetches: leads red cases.
const FETCHES: &str = "justice";
/// Has a webhook: the town of the reports.
const WEBHOOK: &str = "town-421181105";

fn prepared(name: &str) -> PathBuf {
    PathBuf::from(
        std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: tests/run notification does it")),
    )
}

fn example(file: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples").join(file);
    let mut command = Command::new(prepared("FENGQIAO_EXAMPLES_PYTHON"));
    command.arg("-u").arg(path).env("PYTHONPATH", prepared("FENGQIAO_EXAMPLES_CLIENT"));
    command
}

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder in which the stack's description lies as deploy/run leaves it.
fn beside_the_stack(county: &County, name: &str) -> PathBuf {
    let here = county.folder().join(name);
    fs::create_dir(&here).unwrap();
    std::os::unix::fs::symlink(county.stack.folder(), here.join(".local")).unwrap();
    here
}

/// What an example says that ends well.
fn said(mut example: Command) -> String {
    let ran = example.stderr(Stdio::inherit()).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}");
    said
}

async fn push(county: &County, agency: &str, case_id: &str) -> Push {
    let desk = county.calls().notification(agency).unwrap();
    until("the push is there", USUAL, async || {
        let request = ListPushesRequest { case_id: case_id.to_owned(), ..Default::default() };
        desk.clone().list_pushes(request).await.unwrap().into_inner().pushes.into_iter().next()
    })
    .await
}

#[test]
fn an_agency_connects_as_the_readme_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let webhook = (WEBHOOK.to_owned(), format!("http://127.0.0.1:{port}/"));
        let county = County::start(|plan| plan.webhooks.push(webhook)).await;
        let (_, secret) = county.stack.secrets.webhook_secret(WEBHOOK).unwrap();
        let log = county.folder().join("push_webhook.log");
        let receiver = example("push_webhook.py")
            .args([secret.as_str(), &port.to_string()])
            .stdout(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let receiver = Running(receiver);
        let case = county.open(&red_report()).await;
        let of_webhook = push(&county, WEBHOOK, &case.case_id).await;
        until("the webhook has its push", USUAL, async || {
            fs::read_to_string(&log).unwrap().contains(&of_webhook.push_id).then_some(())
        })
        .await;
        drop(receiver);

        // The agency that fetches: where it is started lies the stack's description, as deploy/run leaves it.
        let fetched = push(&county, FETCHES, &case.case_id).await;
        assert!(
            fetched.sign_by.is_some() && fetched.answer_by.is_some(),
            "by when it has to sign and answer"
        );
        let here = beside_the_stack(&county, "agency");
        let ran =
            example("agency.py").arg(FETCHES).current_dir(&here).stderr(Stdio::inherit()).output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success() && said.contains(&case.number), "{said}");
        let mut desk = county.calls().notification(FETCHES).unwrap();
        let request = GetPushRequest { push_id: fetched.push_id, ..Default::default() };
        let answered = desk.get_push(request).await.unwrap().into_inner().push.unwrap();
        assert_eq!(answered.receipt(), ReceiptState::Answered);
        // Started again it goes on where it was: nothing comes twice.
        let again = example("agency.py").arg(FETCHES).current_dir(&here).output().unwrap();
        assert!(again.status.success() && again.stdout.is_empty());
        county.stack.stop().await;
    });
}

#[test]
fn a_hotline_and_a_110_system_connect_as_the_readme_says() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let own = tempfile::tempdir().unwrap();
        let sources = own.path().join("sources.toml");
        fs::write(own.path().join("secret"), SECRET).unwrap();
        let text = format!(
            "[[webhook]]\nsource = 'hotline_12345'\nurl = 'http://127.0.0.1:{port}/'\nsecret_files = ['secret']\n\
             allow_private = true\n"
        );
        fs::write(&sources, text).unwrap();
        let county = County::start(|plan| {
            plan.environment.push(("FENGQIAO_SOURCES_FILE".into(), sources.display().to_string()));
        })
        .await;
        let log = own.path().join("changes.log");
        let receiver = example("changes_webhook.py")
            .args([SECRET, &port.to_string()])
            .stdout(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let receiver = Running(receiver);
        let here = beside_the_stack(&county, "hotline");
        // Of one day, also where midnight passes meanwhile.
        let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let hotline = |reference: &str| {
            let mut hotline = example("hotline.py");
            hotline.args([reference, &day]).current_dir(&here);
            said(hotline)
        };
        let first = hotline("GD-1");
        assert!(first.starts_with("accepted ") && first.contains("first time"), "{first}");
        let once_more = hotline("GD-1");
        let id = first.split(' ').nth(1).unwrap();
        assert!(once_more.starts_with(&format!("known {id} revision 1\n")), "{once_more}");
        let again = hotline("GD-2");
        assert!(again.contains("came before: ") && again.contains("PHONE"), "{again}");
        until("the webhook has what became of the ticket", USUAL, async || {
            fs::read_to_string(&log).unwrap().contains("GD-1").then_some(())
        })
        .await;
        drop(receiver);

        let police = || {
            let mut police = example("police_110.py");
            police.args(["J-1", &day]).current_dir(&here);
            said(police)
        };
        let kept = police();
        // Whether a feedback has to wait for its call depends on how many were taken together.
        assert_eq!(kept.lines().count(), 6, "{kept}");
        assert!(!kept.contains("refused"), "{kept}");
        let known = police();
        assert_eq!(known.lines().count(), 6, "{known}");
        assert!(known.lines().all(|line| line.contains(" known ")), "{known}");
        let mut intake = county.calls().intake("source-police_110").unwrap();
        let calls = ListReportsRequest { source: Source::Police110.into(), ..Default::default() };
        let calls = intake.list_reports(calls).await.unwrap().into_inner().reports;
        assert_eq!(calls.len(), 1, "six records, one call");
        let call = calls[0].report.as_ref().unwrap();
        assert_eq!((call.source_ref.as_str(), call.category.as_str()), ("J-1", "家庭纠纷"));
        assert!(calls[0].linkage.as_ref().unwrap().repeat, "she called the hotline before");
        county.stack.stop().await;
    });
}
