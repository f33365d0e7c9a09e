//! What can be done to a case, as people type it.

use clap::{Args, Subcommand, ValueEnum};
use fengqiao_proto::{
    routing::v1::{
        AftermathKind, HandlerPart, RevisitOutcome, SessionResult, SettledAt, SettlementMethod,
        SupervisionCard,
    },
    types::v1::{Level, PartyRole},
};

use crate::{engine_words as engine, moment::Moment, request_id::RequestId, words};

/// Which case, by whom, and safe against changes by others.
#[derive(Debug, Args)]
pub struct Target {
    /// The case's number, for instance 20261124-0017, or its id.
    pub case: String,
    /// The case's etag as it was seen; the command is refused where the case has changed since.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub etag: String,
    #[command(flatten)]
    pub request_id: RequestId,
    /// The post in which you act, where a rank is needed: a code of the directory's posts.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    pub capacity: String,
}

/// Why.
#[derive(Debug, Args)]
pub struct Reason {
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// Why, or nothing.
#[derive(Debug, Args)]
pub struct MaybeReason {
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// What was done or said.
#[derive(Debug, Args)]
pub struct Text {
    /// What was done or said.
    #[arg(long)]
    pub text: String,
}

/// Whose part it is.
#[derive(Debug, Args)]
pub struct OwnAgency {
    /// Whose part it is, where it is not the caller's own; for officers of the centre.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub agency: String,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    /// It is granted (同意).
    Grant,
    /// It is refused (不同意).
    Refuse,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum ActCommand {
    /// Set another level (定级); a raised one pushes at once.
    Relevel {
        #[command(flatten)]
        target: Target,
        /// The new level.
        #[arg(value_parser = words::parser(words::LEVELS), ignore_case = true)]
        level: Level,
        #[command(flatten)]
        why: Reason,
    },
    /// Give a case to an agency (交办), which gets a report form.
    Assign {
        #[command(flatten)]
        target: Target,
        /// The agency's code; `fengqiao agencies` lists them.
        agency: String,
        /// Who there takes it over (面对面认领).
        #[arg(long, default_value = "", hide_default_value = true)]
        person: String,
        #[command(flatten)]
        why: MaybeReason,
    },
    /// Say that the matter is settled (办结).
    Resolve {
        #[command(flatten)]
        target: Target,
        /// What was reached.
        #[arg(long)]
        outcome: String,
        /// The way, where it is one of the five (五个一批).
        #[arg(long, value_parser = words::parser(engine::METHODS), ignore_case = true)]
        method: Option<SettlementMethod>,
        /// Where it was settled.
        #[arg(long = "at", value_parser = words::parser(engine::PLACES), ignore_case = true)]
        settled_at: Option<SettledAt>,
        /// The residents' body or volunteer that gets the credit.
        #[arg(long, value_name = "MEDIATOR", default_value = "", hide_default_value = true)]
        credited: String,
    },
    /// Say that people were asked again and that it is over (归档).
    Close {
        #[command(flatten)]
        target: Target,
        /// What people said when they were asked again (回访).
        #[arg(long)]
        revisit: String,
    },
    /// Write a comment into the history (批注).
    Comment {
        #[command(flatten)]
        target: Target,
        /// The comment.
        text: String,
    },
    /// Add an agency that helps or owns (协办、共办).
    AddHandler {
        #[command(flatten)]
        target: Target,
        /// The agency's code.
        agency: String,
        /// What it is in the case.
        #[arg(long = "as-part", value_parser = words::parser(engine::PARTS), ignore_case = true, default_value = "CO_HANDLER")]
        part: HandlerPart,
        #[command(flatten)]
        why: MaybeReason,
    },
    /// Take an agency off that helps or owns.
    RemoveHandler {
        #[command(flatten)]
        target: Target,
        /// The agency's code.
        agency: String,
        #[command(flatten)]
        why: Reason,
    },
    /// Say that one's part is done (1/2 化解).
    Conclude {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        own: OwnAgency,
        #[command(flatten)]
        what: Text,
    },
    /// Hand over to a named person (点对点交办).
    HandOver {
        #[command(flatten)]
        target: Target,
        /// Who: a principal's name.
        person: String,
        #[command(flatten)]
        own: OwnAgency,
        #[command(flatten)]
        why: MaybeReason,
    },
    /// Claim what was handed over to you (认领).
    Claim {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        own: OwnAgency,
    },
    /// Sign for the case, for an agency without a system (纸质签收).
    Sign {
        #[command(flatten)]
        target: Target,
        /// Which agency; the lead agency where not given.
        #[arg(long, default_value = "", hide_default_value = true)]
        agency: String,
    },
    /// Say that the people were contacted for the first time (首次联系).
    Contact {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        what: Text,
    },
    /// Decide on a return (退回裁定).
    #[command(subcommand)]
    Return(ReturnCommand),
    /// More time (延期): ask, decide.
    #[command(subcommand)]
    Extend(ExtendCommand),
    /// A pause (挂起): ask, decide.
    #[command(subcommand)]
    Park(ParkCommand),
    /// Take a parked case up again (恢复办理).
    Resume {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        why: MaybeReason,
    },
    /// Press an agency (督办).
    Supervise {
        #[command(flatten)]
        target: Target,
        /// How hard; yellow and red take a leader.
        #[arg(value_parser = words::parser(engine::CARDS), ignore_case = true)]
        card: SupervisionCard,
        /// Whom; the lead agency where not given.
        #[arg(long, default_value = "", hide_default_value = true)]
        agency: String,
        #[command(flatten)]
        why: Reason,
    },
    /// Reply to the open supervision of one's agency (督办回复).
    Reply {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        what: Text,
    },
    /// Acknowledge the open alert to one's agency (预警确认).
    Acknowledge {
        #[command(flatten)]
        target: Target,
    },
    /// Reminder letters (提示函): send, answer.
    #[command(subcommand)]
    Letter(LetterCommand),
    /// Call agencies to the spot (吹哨报到): blow, report-in, finish, rate.
    #[command(subcommand)]
    Whistle(WhistleCommand),
    /// Record a mediation session (调解).
    Session {
        #[command(flatten)]
        target: Target,
        /// What came of it.
        #[arg(value_parser = words::parser(engine::RESULTS), ignore_case = true)]
        result: SessionResult,
        /// Who mediated: an agency, a body or volunteer (`fengqiao mediators` lists the codes), or a name; may be
        /// repeated.
        #[arg(long = "mediator", required = true, value_name = "CODE")]
        mediators: Vec<String>,
        /// Who came; may be repeated.
        #[arg(long, value_parser = words::parser(words::PARTY_ROLES), ignore_case = true)]
        present: Vec<PartyRole>,
        /// When; now where not given.
        #[arg(long, value_parser = Moment::read)]
        at: Option<Moment>,
        /// How long, in minutes.
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        minutes: i32,
        /// What was said.
        #[arg(long, default_value = "", hide_default_value = true)]
        text: String,
    },
    /// Record the agreement (调解协议).
    Agree {
        #[command(flatten)]
        target: Target,
        /// Its number or reference.
        reference: String,
        /// What was agreed.
        #[arg(long)]
        terms: String,
        /// What has to be done by when, as 2026-12-31=赔偿2000元; may be repeated.
        #[arg(long = "perform", value_name = "DAY=WHAT", value_parser = promised)]
        performances: Vec<(Moment, String)>,
    },
    /// Say whether something that was agreed was done (协议履行).
    Perform {
        #[command(flatten)]
        target: Target,
        /// Its number in the agreement.
        no: i32,
        /// It was not done.
        #[arg(long)]
        not: bool,
        /// What was seen.
        #[arg(long, default_value = "", hide_default_value = true)]
        text: String,
    },
    /// Record that a court confirmed the agreement (司法确认).
    Confirm {
        #[command(flatten)]
        target: Target,
        /// The court's reference.
        reference: String,
    },
    /// Choose the way of settling and the leader in charge (五个一批).
    Method {
        #[command(flatten)]
        target: Target,
        /// The way.
        #[arg(value_parser = words::parser(engine::METHODS), ignore_case = true)]
        method: SettlementMethod,
        /// The leader in charge: a code of the directory's posts.
        #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
        leader: String,
    },
    /// Major events (重大事件): declare, progress, calm.
    #[command(subcommand)]
    Major(MajorCommand),
    /// Record what was said when people were asked again (回访).
    Revisit {
        #[command(flatten)]
        target: Target,
        /// Which revisit of the case.
        no: i32,
        /// How it stands.
        #[arg(value_parser = words::parser(engine::REVISIT_OUTCOMES), ignore_case = true)]
        outcome: RevisitOutcome,
        /// Whether they are content, 1 to 5.
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        satisfaction: i32,
        #[command(flatten)]
        what: Text,
    },
    /// Put marks on or take them off (标签).
    Tag {
        #[command(flatten)]
        target: Target,
        /// On; may be repeated.
        #[arg(long)]
        add: Vec<String>,
        /// Off; may be repeated.
        #[arg(long)]
        remove: Vec<String>,
    },
    /// Record what came of it before the law (民转刑).
    Aftermath {
        #[command(flatten)]
        target: Target,
        /// What.
        #[arg(value_parser = words::parser(engine::AFTERMATHS), ignore_case = true)]
        kind: AftermathKind,
        /// The other record's number.
        reference: String,
    },
    /// Do not take the case up, and say which lawful way there is (不予受理).
    Reject {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        why: Reason,
    },
    /// Open the case again (重新办理).
    Reopen {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        why: Reason,
    },
}

/// What to do with a return.
#[derive(Debug, Subcommand)]
pub enum ReturnCommand {
    /// Say who has to act now.
    Decide {
        #[command(flatten)]
        target: Target,
        /// The agency: another, or the same.
        next: String,
        /// Who there takes it over (认领).
        #[arg(long, default_value = "", hide_default_value = true)]
        person: String,
        #[command(flatten)]
        why: Reason,
    },
}

/// What to do about more time.
#[derive(Debug, Subcommand)]
pub enum ExtendCommand {
    /// Ask for it, before the time is over.
    Ask {
        #[command(flatten)]
        target: Target,
        /// So many natural days more.
        days: i32,
        #[command(flatten)]
        why: Reason,
    },
    /// Decide on the open request.
    Decide {
        #[command(flatten)]
        target: Target,
        /// What is decided.
        decision: Decision,
        #[command(flatten)]
        why: Reason,
    },
}

/// What to do about a pause.
#[derive(Debug, Subcommand)]
pub enum ParkCommand {
    /// Ask for it.
    Ask {
        #[command(flatten)]
        target: Target,
        /// Until when at the latest.
        #[arg(value_parser = Moment::read)]
        until: Moment,
        #[command(flatten)]
        why: Reason,
    },
    /// Decide on the open request.
    Decide {
        #[command(flatten)]
        target: Target,
        /// What is decided.
        decision: Decision,
        #[command(flatten)]
        why: Reason,
    },
}

/// What to do with letters.
#[derive(Debug, Subcommand)]
pub enum LetterCommand {
    /// Send one.
    Send {
        #[command(flatten)]
        target: Target,
        /// To whom: an agency's code.
        agency: String,
        #[command(flatten)]
        why: Reason,
    },
    /// Answer the open one to one's agency.
    Answer {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        what: Text,
    },
}

/// What to do with whistles.
#[derive(Debug, Subcommand)]
pub enum WhistleCommand {
    /// Call agencies or contacts.
    Blow {
        #[command(flatten)]
        target: Target,
        /// Who is called: codes of agencies or contacts.
        #[arg(required = true)]
        called: Vec<String>,
        /// Where.
        #[arg(long)]
        spot: String,
        /// A photo, as a reference; may be repeated.
        #[arg(long = "photo")]
        photos: Vec<String>,
        #[command(flatten)]
        why: Reason,
    },
    /// Report in on the spot (报到).
    ReportIn {
        #[command(flatten)]
        target: Target,
        /// The whistle's number.
        no: i32,
        /// Who was called; the caller's own agency where not given.
        #[arg(long = "for", value_name = "CODE", default_value = "", hide_default_value = true)]
        code: String,
    },
    /// Say what was done (办结).
    Finish {
        #[command(flatten)]
        target: Target,
        /// The whistle's number.
        no: i32,
        /// Who was called; the caller's own agency where not given.
        #[arg(long = "for", value_name = "CODE", default_value = "", hide_default_value = true)]
        code: String,
        /// A photo, as a reference; may be repeated.
        #[arg(long = "photo")]
        photos: Vec<String>,
        #[command(flatten)]
        what: Text,
    },
    /// Say how well someone called did (评价).
    Rate {
        #[command(flatten)]
        target: Target,
        /// The whistle's number.
        no: i32,
        /// Who was called.
        code: String,
        /// 1 to 5.
        rating: i32,
    },
}

/// What to do with major events.
#[derive(Debug, Subcommand)]
pub enum MajorCommand {
    /// Make the case one.
    Declare {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        why: Reason,
    },
    /// Report progress (每日进展).
    Progress {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        what: Text,
    },
    /// Say that it is calm (事态平息); takes a leader of the centre.
    Calm {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        why: Reason,
    },
}

fn promised(text: &str) -> Result<(Moment, String), String> {
    let (day, what) = text.split_once('=').ok_or_else(|| "DAY=WHAT, as 2026-12-31=赔偿2000元".to_owned())?;
    Ok((Moment::read(day)?, what.to_owned()))
}
