//! Every call of routing, what sources ask, and every act on a case can be typed: each line is given to the command, and what arrives
//! at a server is held against the contract.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod county;

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use county::County;
use fengqiao_proto::{
    json::{descriptors, to_json},
    routing::v1::ActOnCaseRequest,
};
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use tonic::{Code, Status};

const PACKAGE: &str = "fengqiao.routing.v1";
/// Services of other packages that are held against the contract too.
const BESIDES: &[&str] = &[
    "fengqiao.intake.v1.BackgroundService",
    "fengqiao.intake.v1.ChangeService",
    "fengqiao.intake.v1.LinkageService",
    "fengqiao.intake.v1.WeightsService",
    "fengqiao.notification.v1.AccountService",
    "fengqiao.notification.v1.AnswerService",
    "fengqiao.notification.v1.AttachmentService",
    "fengqiao.notification.v1.FormService",
    "fengqiao.notification.v1.EndpointService",
    "fengqiao.notification.v1.PaperService",
    "fengqiao.notification.v1.PeopleService",
    "fengqiao.notification.v1.ReadingService",
    "fengqiao.sealing.v1.SealingService",
    "fengqiao.statistics.v1.AnalysisService",
    "fengqiao.statistics.v1.BulletinService",
    "fengqiao.statistics.v1.ExportService",
    "fengqiao.statistics.v1.FactsService",
    "fengqiao.statistics.v1.StatisticsService",
    "fengqiao.statistics.v1.WatchService",
];
/// Methods that do what an act does, and that act: they are there for other clients, and typed as the act.
const TYPED_AS_ACTS: &[(&str, &str)] = &[
    ("RelevelCase", "relevel"),
    ("AssignCase", "assign"),
    ("ResolveCase", "resolve"),
    ("CloseCase", "close"),
    ("CommentCase", "comment"),
];

/// What people type, an act or a call a line.
const LINES: &str = "
case relevel 1 red --reason x
case assign 1 police --person li
case resolve 1 --outcome x --method policy_comfort --at grid --credited wulao
case close 1 --revisit x
case comment 1 x
case add-handler 1 justice --as-part owner
case remove-handler 1 justice --reason x
case conclude 1 --text x
case hand-over 1 li
case claim 1
case sign 1 --agency police
case contact 1 --text x
case return decide 1 police --person chief-li --reason x
case extend ask 1 7 --reason x
case extend decide 1 grant --reason x
case park ask 1 2027-03-01 --reason x
case park decide 1 refuse --reason x
case resume 1
case supervise 1 yellow --reason x
case reply 1 --text x
case acknowledge 1
case letter send 1 housing --reason x
case letter answer 1 --text x
case whistle blow 1 police justice --spot x --photo p --reason x
case whistle report-in 1 1
case whistle finish 1 1 --for police --photo p --text x
case whistle rate 1 1 police 5
merge-suggestion list --case 1 --settled
merge-suggestion dismiss 1 --reason x
alert list --open
alert show 1 1
alert acknowledge 1
alert drill red 421181105202 --reason x
call accept 1 2
call arrive 1
case session 1 agreed --mediator wulao --present reporter --minutes 40 --text x
case agree 1 A-1 --terms x --perform 2027-01-01=x
case perform 1 1 --not
case confirm 1 C-1
case method 1 leader_in_charge --leader chief
case major declare 1 --reason x
case major progress 1 --text x
case major calm 1 --reason x
case revisit 1 2 stable --satisfaction 5 --text x
case tag 1 --add minor --remove fast_lane
case aftermath 1 criminal X-1
case reject 1 --reason x
case reopen 1 --reason x
case show 1
case list --state open
case merge 1 --into 2
case unmerge 1
case split 1 --report r
case explain 1 3
case classify 1 2 wages
watch 1
agencies
work
roster centre --day 2026-11-25
mediators --skill marriage_family --area 421181
duty list --kind sweep
duty show d --purpose x
duty record d done --text x
duty create visit police 421181
duty count --kind visit --place school --from 2026-11-01 --to 2026-11-30
duty time officer-zhao 2026-11-23 2026-11-29
duty signal 某村3组12号 421181 --text x
duty screening --purpose x
reward ask 1 某某 99.50 --identity x --text x
reward decide r grant
reward list --state approved --from 2026-11-01 --to 2026-11-30
meeting open --title x
meeting show m
meeting list --kind joint
meeting add m 1
meeting record m --held 2026-11-25 --attendee police
meeting finish 1 2 --text x
meeting reports m
settings activate levels levels.toml --words x --capacity director
settings list
settings show levels
rules dry-run levels.toml
rules activate levels.toml --words x --capacity director
form issue rectification_notice --to 某商行 --field place=x --field hazard=x --field measures=x --field deadline=x
form show 01939f2a-0000-7000-8000-000000000000 --purpose x
form list --kind report_form
form kinds
form paper 01939f2a-0000-7000-8000-000000000000 --out form.pdf
form recall 01936f3a-7c1e-7b3a-9a51-0f6f2f6b1c01 --reason 发文有误
form verify 7KQ4-M2XD-9RTF
audit verify
audit anchor
audit readings 1
audit push-readings 1
audit background --reader x
keys list
background --phone 13800000000 --purpose x
report changes --source hotline_12345
report links
link confirm person 01939f2a-0000-7000-8000-000000000000 --reason x
link join household 01939f2a-0000-7000-8000-000000000000 01939f2a-0000-7000-8000-000000000001 --reason x
link split case 01939f2a-0000-7000-8000-000000000000 --reason x
link undo 01939f2a-0000-7000-8000-000000000000 --reason x
link decisions
weights show
weights learn x --reports 100
stats --by area cases
stats --stream cases
stats behind resolved_rate --side rest
stats league --by agency
stats check-published -16.1 --change --numerator 56
stats exclude resolved_rate 01939f2a-0000-7000-8000-000000000000 --reason x
stats include 01939f2a-0000-7000-8000-000000000000 --reason x
stats exclusions
bulletin kinds
bulletin list --kind weekly
bulletin show 01939f2a-0000-7000-8000-000000000000
bulletin get 01939f2a-0000-7000-8000-000000000000 --out taken
bulletin make special --day 2026-11-01 --last-day 2026-11-20 --area 421181001
stats watch rules
stats watch alerts --unseen
stats watch acknowledge 01939f2a-0000-7000-8000-000000000000 real --note x
stats watch mute repeat-calls 421181001001 --until 2027-01-01 --reason x
statistics rebuild
export start reports --from 2026-11-01 --before 2026-12-01 --format xlsx
export show 01939f2a-0000-7000-8000-000000000000
export list
export fetch 01939f2a-0000-7000-8000-000000000000 --to taken
export cancel 01939f2a-0000-7000-8000-000000000000
push answers 01939f2a-0000-7000-8000-000000000000 --agency police --purpose x
push record signed 01939f2a-0000-7000-8000-000000000000 --done-at 2026-11-24T08:00 --by x --capacity y --how paper
push record returned 01939f2a-0000-7000-8000-000000000000 --done-at 2026-11-24T08:00 --by x --capacity y --how phone --reason duplicate --purpose z
push record feedback 01939f2a-0000-7000-8000-000000000000 --done-at 2026-11-24T08:00 --by x --capacity y --how in_person --text z
attachment put 01939f2a-0000-7000-8000-000000000000 --agency police levels.toml
attachment get 01939f2a-0000-7000-8000-000000000000 a --agency police --to taken
attachment list 01939f2a-0000-7000-8000-000000000000 --agency police
account add zhao --person officer-zhao --agency police
account reset zhao
account lock zhao
account list
people list --state parked
people show 01939f2a-0000-7000-8000-000000000000
people resend 01939f2a-0000-7000-8000-000000000000
people code 20261124-0001
people code 20261124-0001 --renew
endpoint list
endpoint sample police
endpoint attempts 01939f2a-0000-7000-8000-000000000000
endpoint replay 01939f2a-0000-7000-8000-000000000000 1
endpoint rotate police --overlap-hours 2
";

/// The methods that were called, and the acts that were asked for.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<(BTreeSet<String>, BTreeSet<String>)>>);

/// Hears a call and answers with a message in which nothing is set.
async fn hear(State(heard): State<Heard>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let (service, method) = path.split_once('/').unwrap();
    // Before the message there are five bytes that say how long it is.
    let act = (method == "ActOnCase").then(|| ActOnCaseRequest::decode(&body[5..]).unwrap());
    {
        let mut all = heard.0.lock().unwrap();
        all.0.insert(format!("{service}/{method}"));
        all.1.extend(act.map(|act| act_in(&act)));
    }
    if method == "WatchCase" {
        // An empty stream would be watched again and again.
        return Status::new(Code::NotFound, "no such case").into_http();
    }
    let end = [("grpc-status", "0")].map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let message = Full::new(prost::bytes::Bytes::from_static(&[0; 5]));
    let message = message.with_trailers(async { Some(Ok(end.into_iter().collect())) });
    let answer = Response::builder().header("content-type", "application/grpc");
    answer.body(Body::new(message)).unwrap()
}

/// The name of the act in a request, in its JSON form.
fn act_in(request: &ActOnCaseRequest) -> String {
    let form = to_json(request).unwrap();
    let acts = acts();
    form.as_object().unwrap().keys().find(|key| acts.contains(*key)).unwrap().clone()
}

/// All acts of the contract.
fn acts() -> BTreeSet<String> {
    let request = descriptors().unwrap().get_message_by_name(&format!("{PACKAGE}.ActOnCaseRequest")).unwrap();
    let act = request.oneofs().find(|one| one.name() == "act").unwrap();
    act.fields().map(|field| field.json_name().to_owned()).collect()
}

/// All methods of the contract's services of routing, and of those of intake.
fn methods() -> BTreeSet<String> {
    let services = descriptors()
        .unwrap()
        .services()
        .filter(|service| service.package_name() == PACKAGE || BESIDES.contains(&service.full_name()));
    services
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_call_and_every_act_of_routing_can_be_typed() {
    let heard = Heard::default();
    let county = County::of(Router::new().fallback(hear).with_state(heard.clone()).into());
    fs::write(county.folder().join("levels.toml"), "version = '1'\n").unwrap();
    for line in LINES.lines().filter(|line| !line.is_empty()) {
        for form in [&[][..], &["--json"]] {
            let ended = Command::new(env!("CARGO_BIN_EXE_fengqiao"))
                .args(line.split(' ').chain(form.iter().copied()))
                .current_dir(county.folder())
                .env_remove("FENGQIAO_STACK")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let complaint = String::from_utf8_lossy(&ended.stderr);
            // A history that does not come to its end is unclear, and a case that is not there cannot be watched.
            let unclear = ["audit verify", "watch", "statistics rebuild"];
            let may_fail = unclear.iter().any(|begin| line.starts_with(begin));
            assert!(ended.status.success() || may_fail, "{line}: {complaint}");
            assert_ne!(ended.status.code(), Some(2), "{line}: {complaint}");
            let said = String::from_utf8(ended.stdout).unwrap();
            if !form.is_empty() {
                let documents = serde_json::Deserializer::from_str(&said).into_iter::<serde_json::Value>();
                documents.for_each(|document| drop(document.unwrap_or_else(|_| panic!("{line}: {said}"))));
            }
        }
    }
    let (mut called, acted) = heard.0.lock().unwrap().clone();
    assert_eq!(acted, acts(), "acts that are typed, and those of the contract");
    for (method, act) in TYPED_AS_ACTS {
        assert!(acted.contains(*act), "{method} is typed as the act {act}");
        assert!(called.insert(format!("{PACKAGE}.RoutingService/{method}")), "{method} is called itself");
    }
    assert_eq!(called, methods(), "calls that are typed, and those of the contract");
}
