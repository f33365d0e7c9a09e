//! Sending many messages through one stream, in their order, until each has its answer.
//!
//! A message leaves the window when it is answered. Where the connection breaks, or the service wants to be left alone
//! for a while, all that is in the window is sent again in its order: what was taken meanwhile is only known again.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    time::Duration,
};

use fengqiao_proto::{
    intake::v1::{
        Foreseen, Record, Report, SubmitRecordsRequest, SubmitReportsRequest, UnmappedField,
        submit_records_response, submit_reports_response,
    },
    types::v1::Refusal,
};
use prost::Message as _;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Response, Status, Streaming};

use super::{faults::Fault, foreseen::FileSoFar};
use crate::{
    cli::ConnectOptions,
    connection::{Caller, Session},
    errors::CommandError,
    retry,
};

/// What the service takes of one message.
const MOST_BYTES: usize = 1 << 20;
/// A stream with messages in it that is silent for so long is broken.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// How long the last answers are waited for when it is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// How many messages lie ready for the connection.
const READY: usize = 64;

/// What stands in a line of the file, ready to be sent.
#[derive(Debug, Clone)]
pub enum Content {
    /// A report.
    Report(Box<Report>),
    /// A record in its source's own fields.
    Record(Box<Record>),
}

/// A line of the file: what to send, or what is wrong with it.
#[derive(Debug)]
pub struct Entry {
    /// The line.
    pub line: u64,
    /// What stands in it.
    pub content: Result<Content, Vec<Fault>>,
}

/// What became of a line, or in a dry run would become of it.
#[derive(Debug)]
pub enum Outcome {
    /// It was new.
    Taken,
    /// Exactly this was there.
    Known,
    /// It was there with another content.
    Revised,
    /// It is right; what would become of it is not told.
    Checked,
    /// It is wrong.
    Refused(Vec<Fault>),
}

/// How to send.
pub struct Sending<'a> {
    /// Where the service is.
    pub connect: &'a ConnectOptions,
    /// As whom.
    pub caller: Caller,
    /// Records are sent, and no reports.
    pub records: bool,
    /// Only have it checked.
    pub dry_run: bool,
    /// What is no telephone or id number is kept as it was said.
    pub numbers_as_said: bool,
    /// The most messages without an answer.
    pub window: usize,
}

type Answers = Pin<Box<dyn Stream<Item = Result<(u64, Answer), Status>> + Send>>;

/// What the service says to a message.
enum Answer {
    Accepted {
        known: bool,
        revised: bool,
        unmapped: Vec<UnmappedField>,
    },
    /// It was only checked: what would become of it, and the names of its reports.
    Checked {
        foreseen: Foreseen,
        names: Vec<String>,
        unmapped: Vec<UnmappedField>,
    },
    Refused(Refusal),
}

/// How a stream ended.
enum End {
    /// All is answered.
    Done,
    /// The service wants to be left alone for so long.
    Postponed(Duration),
    /// It was told to stop.
    Stopped,
}

impl Sending<'_> {
    /// Sends all entries and tells what became of each line.
    ///
    /// # Errors
    /// [`CommandError::Stopped`] at Ctrl-C; [`CommandError::Lost`] where the connection cannot be had again; what the
    /// service refuses to all.
    pub async fn send(
        &self,
        entries: impl Iterator<Item = Entry>,
        mut tell: impl FnMut(u64, Outcome, Vec<UnmappedField>),
    ) -> Result<(), CommandError> {
        let mut window =
            Window { entries, sent: BTreeMap::new(), next: 0, answered: 0, checked: FileSoFar::default() };
        let mut tries = 0;
        loop {
            let before = window.answered;
            let ended = self.stream(&mut window, &mut tell).await;
            if window.answered > before {
                tries = 0;
            }
            tries += 1;
            let last = match ended {
                Ok(End::Done) => return Ok(()),
                Ok(End::Stopped) => return Err(CommandError::Stopped),
                Ok(End::Postponed(wait)) => {
                    sleep(wait).await;
                    CommandError::Unclear("the service is full each time".into())
                }
                Err(error) if error.passes() => error,
                // A local stack that is started anew has no description for a moment.
                Err(error @ (CommandError::NoStack | CommandError::File { .. })) if tries > 1 => error,
                Err(error) => return Err(error),
            };
            if tries >= retry::MOST_TRIES {
                return Err(CommandError::Lost { tries, last: Box::new(last) });
            }
            tokio::select! {
                () = sleep(retry::wait(tries)) => {}
                _ = tokio::signal::ctrl_c() => return Err(CommandError::Stopped),
            }
        }
    }

    async fn stream<I: Iterator<Item = Entry>>(
        &self,
        window: &mut Window<I>,
        tell: &mut impl FnMut(u64, Outcome, Vec<UnmappedField>),
    ) -> Result<End, CommandError> {
        // Found anew each time: a stack that was started again has other ports and tokens.
        let session = Session::open(self.connect)?;
        let (sender, mut answers) = self.open(&session).await?;
        let mut again: VecDeque<u64> = window.sent.keys().copied().collect();
        let mut ready: Option<u64> = None;
        // Sent in this stream, without an answer.
        let mut out = 0_usize;
        let mut postponed: Option<Duration> = None;
        let mut stopped = false;
        let mut silent_until = Instant::now() + LONGEST_SILENCE;
        loop {
            if ready.is_none() && postponed.is_none() && !stopped {
                ready = again.pop_front().or_else(|| window.read(self.window, tell));
            }
            if out == 0 {
                match postponed {
                    _ if stopped => return Ok(End::Stopped),
                    Some(wait) => return Ok(End::Postponed(wait)),
                    None if ready.is_none() => return Ok(End::Done),
                    None => {}
                }
            }
            tokio::select! {
                place = sender.reserve(), if ready.is_some() && postponed.is_none() && !stopped => {
                    let Ok(place) = place else { return Err(broken("the connection was lost")) };
                    if let Some((mark, (_, content))) = ready.take().and_then(|mark| window.sent.get_key_value(&mark)) {
                        if out == 0 {
                            silent_until = Instant::now() + LONGEST_SILENCE;
                        }
                        out += 1;
                        place.send((*mark, content.clone()));
                    }
                }
                answer = answers.next() => {
                    let (mark, answer) = match answer {
                        Some(answer) => answer.map_err(CommandError::call("the file"))?,
                        None => return Err(broken("the stream ended")),
                    };
                    out = out.saturating_sub(1);
                    silent_until = Instant::now() + LONGEST_SILENCE;
                    match answer {
                        Answer::Refused(refusal) if passes(&refusal) => {
                            let wait = Duration::from_millis(u64::try_from(refusal.retry_after_ms).unwrap_or(0));
                            postponed = Some(postponed.unwrap_or_default().max(wait));
                        }
                        answer => window.settle(mark, answer, tell),
                    }
                }
                _ = tokio::signal::ctrl_c() => {
                    if stopped {
                        return Ok(End::Stopped);
                    }
                    stopped = true;
                    silent_until = Instant::now() + LAST_ANSWERS;
                }
                () = sleep_until(silent_until), if out > 0 => {
                    return if stopped { Ok(End::Stopped) } else { Err(broken("no answer came")) };
                }
            }
        }
    }

    async fn open(&self, session: &Session) -> Result<(mpsc::Sender<(u64, Content)>, Answers), CommandError> {
        let (sender, messages) = mpsc::channel(READY);
        let messages = ReceiverStream::new(messages);
        let answers = if self.records {
            self.open_for_records(session, messages).await?
        } else {
            self.open_for_reports(session, messages).await?
        };
        Ok((sender, answers))
    }

    async fn open_for_reports(
        &self,
        session: &Session,
        messages: ReceiverStream<(u64, Content)>,
    ) -> Result<Answers, CommandError> {
        let (validate_only, numbers_as_said) = (self.dry_run, self.numbers_as_said);
        let messages = messages.filter_map(move |(mark, content)| match content {
            Content::Report(report) => Some(SubmitReportsRequest {
                mark,
                report: Some(*report),
                validate_only,
                numbers_as_said,
                from_file: true,
            }),
            Content::Record(_) => None,
        });
        let mut client = session.intake(&self.caller).await?;
        let answers = self.opened(client.submit_reports(messages)).await?.filter_map(move |message| {
            told(message, |message| {
                let answer = match message.outcome? {
                    submit_reports_response::Outcome::Accepted(accepted) if validate_only => {
                        Answer::Checked {
                            foreseen: accepted.foreseen(),
                            names: vec![accepted.source_ref],
                            unmapped: Vec::new(),
                        }
                    }
                    submit_reports_response::Outcome::Accepted(accepted) => {
                        let revised = accepted.revision > 1;
                        Answer::Accepted { known: accepted.known, revised, unmapped: Vec::new() }
                    }
                    submit_reports_response::Outcome::Refused(refusal) => Answer::Refused(refusal),
                };
                Some((message.mark, answer))
            })
        });
        Ok(Box::pin(answers))
    }

    async fn open_for_records(
        &self,
        session: &Session,
        messages: ReceiverStream<(u64, Content)>,
    ) -> Result<Answers, CommandError> {
        let validate_only = self.dry_run;
        let messages = messages.filter_map(move |(mark, content)| match content {
            Content::Record(record) => {
                Some(SubmitRecordsRequest { mark, record: Some(*record), validate_only, from_file: true })
            }
            Content::Report(_) => None,
        });
        let mut client = session.records(&self.caller).await?;
        let answers = self.opened(client.submit_records(messages)).await?.filter_map(move |message| {
            told(message, |message| {
                let answer = match message.outcome? {
                    submit_records_response::Outcome::Accepted(accepted) if validate_only => {
                        Answer::Checked {
                            foreseen: accepted.foreseen(),
                            names: accepted.reports.into_iter().map(|report| report.source_ref).collect(),
                            unmapped: accepted.unmapped,
                        }
                    }
                    submit_records_response::Outcome::Accepted(accepted) => Answer::Accepted {
                        known: accepted.known,
                        revised: accepted.reports.iter().any(|report| report.revision > 1)
                            || accepted.activity.is_some_and(|activity| activity.revision > 1),
                        unmapped: accepted.unmapped,
                    },
                    submit_records_response::Outcome::Refused(refusal) => Answer::Refused(refusal),
                };
                Some((message.mark, answer))
            })
        });
        Ok(Box::pin(answers))
    }

    async fn opened<M>(
        &self,
        opening: impl Future<Output = Result<Response<Streaming<M>>, Status>>,
    ) -> Result<Streaming<M>, CommandError> {
        let opened = timeout(self.connect.timeout, opening).await.map_err(|_| broken("no answer"))?;
        Ok(opened.map_err(CommandError::call("the file"))?.into_inner())
    }
}

/// An answer by its mark; nothing for one that says nothing.
fn told<M>(
    message: Result<M, Status>,
    read: impl FnOnce(M) -> Option<(u64, Answer)>,
) -> Option<Result<(u64, Answer), Status>> {
    message.map(read).transpose()
}

/// What is on its way, and what comes after.
struct Window<I> {
    entries: I,
    /// By mark: the line, and what stands in it.
    sent: BTreeMap<u64, (u64, Content)>,
    next: u64,
    answered: u64,
    /// What was only checked.
    checked: FileSoFar,
}

impl<I: Iterator<Item = Entry>> Window<I> {
    /// The next entry that can be sent, where there is room for it. What cannot is told.
    fn read(&mut self, room: usize, tell: &mut impl FnMut(u64, Outcome, Vec<UnmappedField>)) -> Option<u64> {
        while self.sent.len() < room {
            let Entry { line, content } = self.entries.next()?;
            match content.and_then(within_limit) {
                Ok(content) => {
                    self.next += 1;
                    self.sent.insert(self.next, (line, content));
                    return Some(self.next);
                }
                Err(faults) => tell(line, Outcome::Refused(faults), Vec::new()),
            }
        }
        None
    }

    fn settle(&mut self, mark: u64, answer: Answer, tell: &mut impl FnMut(u64, Outcome, Vec<UnmappedField>)) {
        let Some((line, content)) = self.sent.remove(&mark) else { return };
        self.answered += 1;
        let (outcome, unmapped) = match answer {
            Answer::Accepted { known, revised, unmapped } => {
                let outcome = match (known, revised) {
                    (true, _) => Outcome::Known,
                    (false, true) => Outcome::Revised,
                    (false, false) => Outcome::Taken,
                };
                (outcome, unmapped)
            }
            Answer::Checked { foreseen, names, unmapped } => {
                (self.checked.outcome(&content, foreseen, &names), unmapped)
            }
            Answer::Refused(refusal) => (Outcome::Refused(faults(refusal)), Vec::new()),
        };
        tell(line, outcome, unmapped);
    }
}

/// A message beyond the service's limit would end the whole stream.
fn within_limit(content: Content) -> Result<Content, Vec<Fault>> {
    let length = match &content {
        Content::Report(report) => report.encoded_len(),
        Content::Record(record) => record.encoded_len(),
    };
    if length > MOST_BYTES { Err(vec![Fault::new("", "must have at most 1 MiB")]) } else { Ok(content) }
}

fn faults(refusal: Refusal) -> Vec<Fault> {
    if refusal.violations.is_empty() {
        return vec![Fault::new("", refusal.message)];
    }
    refusal.violations.into_iter().map(|one| Fault::new(one.field, one.description)).collect()
}

/// Whether the same message may be taken a little later.
fn passes(refusal: &Refusal) -> bool {
    matches!(
        Code::from(refusal.code),
        Code::ResourceExhausted | Code::Unavailable | Code::DeadlineExceeded | Code::Aborted
    )
}

fn broken(why: &str) -> CommandError {
    CommandError::call("the file")(Status::unavailable(why))
}
