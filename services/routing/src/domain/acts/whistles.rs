//! Whistle and report in (吹哨报到; S1-04, S2-03, S4-09): someone calls agencies, or a contact such as a
//! property company, to a spot; each reports in by a time and says what was done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    draft::Draft,
    duty::{DutyKind, Holder},
    history::HistoryKind,
    push::Form,
    refusal::Refusal,
    telling::TellingKind,
};

/// A case with more whistles is not one case.
const MOST_WHISTLES: usize = 100;

/// One whistle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whistle {
    /// Counts from 1.
    pub no: u32,
    /// Who blew it.
    pub by: String,
    /// In which capacity.
    pub capacity: String,
    /// When.
    pub at: Timestamp,
    /// Where; may be personal.
    pub spot: String,
    /// Photos from before, as references.
    #[serde(default)]
    pub photos: Vec<String>,
    /// Who is called.
    pub called: Vec<Called>,
}

/// Someone called by a whistle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// An agency's code, or a contact's.
    pub code: String,
    /// Whether it is a contact outside the administration (S1-04).
    pub contact: bool,
    /// When it reported in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_in_at: Option<Timestamp>,
    /// When it said what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// Photos from after.
    #[serde(default)]
    pub photos: Vec<String>,
    /// 1 to 5, by who blew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhistleAct {
    /// Calls.
    Blow {
        /// Agencies and contacts.
        called: Vec<String>,
        /// Where.
        spot: String,
        /// Photos.
        photos: Vec<String>,
        /// What for.
        words: String,
    },
    /// Reports in.
    ReportIn {
        /// The whistle.
        no: u32,
        /// Who was called.
        code: String,
    },
    /// Says what was done.
    Finish {
        /// The whistle.
        no: u32,
        /// Who was called.
        code: String,
        /// Photos from after.
        photos: Vec<String>,
        /// What.
        words: String,
    },
    /// Says how well.
    Rate {
        /// The whistle.
        no: u32,
        /// Who was called.
        code: String,
        /// 1 to 5.
        rating: u8,
    },
}

impl Draft<'_> {
    pub(in crate::domain) fn whistle(&mut self, act: &WhistleAct) -> Result<(), Refusal> {
        self.must_be_open()?;
        match act {
            WhistleAct::Blow { called, spot, photos, words } => self.blow(called, spot, photos, words),
            WhistleAct::ReportIn { no, code } => {
                let at = self.occasion.at;
                let called = self.called(*no, code)?;
                if called.reported_in_at.is_some() {
                    return Self::refuse(
                        "REPORTED_IN_ALREADY",
                        "the one called would have to be still awaited",
                    );
                }
                called.reported_in_at = Some(at);
                self.meet(|duty| duty.kind == DutyKind::ReportIn && is_called(duty, *no, code));
                let text = format!("{}到现场报到", self.name_called(code));
                self.note(HistoryKind::ReportedIn, text, None);
                Ok(())
            }
            WhistleAct::Finish { no, code, photos, words } => {
                let at = self.occasion.at;
                let called = self.called(*no, code)?;
                if called.reported_in_at.is_none() {
                    return Self::refuse("NOT_REPORTED_IN", "the one called would have to have reported in");
                }
                if called.done_at.is_some() {
                    return Self::refuse("WHISTLE_FINISHED", "the result would have to be still awaited");
                }
                called.done_at = Some(at);
                called.photos.clone_from(photos);
                self.meet(|duty| duty.kind == DutyKind::WhistleResult && is_called(duty, *no, code));
                let text = format!("{}处置完毕（附{}张照片）", self.name_called(code), photos.len());
                self.note_words(HistoryKind::WhistleFinished, text, words);
                Ok(())
            }
            WhistleAct::Rate { no, code, rating } => {
                if !(1..=5).contains(rating) {
                    return Self::refuse("RATING_OUT_OF_RANGE", "the rating would have to be 1 to 5");
                }
                if !self.is_of_the_centre() && !self.blew(*no) {
                    return Self::refuse("NOT_THE_CALLER", "the actor would have to be the one who called");
                }
                let called = self.called(*no, code)?;
                if called.done_at.is_none() {
                    return Self::refuse(
                        "WHISTLE_NOT_FINISHED",
                        "the one called would have to have said what was done",
                    );
                }
                called.rating = Some(*rating);
                let text = format!("吹哨评价{}：{rating}分", self.name_called(code));
                self.note(HistoryKind::WhistleRated, text, None);
                Ok(())
            }
        }
    }

    fn blow(&mut self, called: &[String], spot: &str, photos: &[String], words: &str) -> Result<(), Refusal> {
        if called.is_empty() {
            return Self::refuse("NOBODY_CALLED", "at least one agency or contact would have to be called");
        }
        if self.case.docket.whistles.len() >= MOST_WHISTLES {
            return Self::refuse("TOO_MANY_WHISTLES", "the case would have to have fewer whistles");
        }
        let no = u32::try_from(self.case.docket.whistles.len()).unwrap_or(u32::MAX).saturating_add(1);
        let directory = self.setting.directory;
        let mut list: Vec<Called> = Vec::new();
        for code in called {
            let contact = directory.contact(code).is_some();
            if !contact && directory.agency(code).is_none() {
                return Self::refuse(
                    "CALLED_UNKNOWN",
                    format!("{code} would have to be an agency or a contact of the directory"),
                );
            }
            if list.iter().all(|one| one.code != *code) {
                list.push(Called {
                    code: code.clone(),
                    contact,
                    reported_in_at: None,
                    done_at: None,
                    photos: Vec::new(),
                    rating: None,
                });
            }
        }
        let names: Vec<String> = list.iter().map(|one| self.name_called(&one.code)).collect();
        self.note_words(HistoryKind::Whistled, format!("吹哨：{}", names.join("、")), words);
        for one in &list {
            let holder = Holder::agency(&one.code);
            self.owe(DutyKind::ReportIn, holder.clone(), no);
            self.owe(DutyKind::WhistleResult, holder, no);
            if one.contact {
                // A contact has no queue of forms: the centre's desk calls it, by the directory's number.
                let desk = directory.desk().to_owned();
                let reason = format!("吹哨通知{}，请电话联系", self.name_called(&one.code));
                self.push_to(&desk, Form::Reminder, &reason);
                self.tell(
                    TellingKind::Whistled,
                    &Holder::agency(&one.code),
                    self.case.level,
                    None,
                    "吹哨报到",
                );
            } else {
                self.push_to(&one.code, Form::Whistle, "吹哨报到");
            }
        }
        self.case.docket.whistles.push(Whistle {
            no,
            by: self.occasion.actor.clone(),
            capacity: self.occasion.capacity.clone(),
            at: self.occasion.at,
            spot: spot.to_owned(),
            photos: photos.to_vec(),
            called: list,
        });
        Ok(())
    }

    /// Someone called, where the actor may speak for it: the agency itself, or the centre for everybody.
    fn called(&mut self, no: u32, code: &str) -> Result<&mut Called, Refusal> {
        if !self.is_of_the_centre() && self.acting_agency() != code && !self.blew(no) {
            return Self::refuse(
                "NOT_CALLED",
                "the agency would have to be the one that was called, or the one that called",
            );
        }
        self.case
            .docket
            .whistles
            .iter_mut()
            .find(|whistle| whistle.no == no)
            .and_then(|whistle| whistle.called.iter_mut().find(|one| one.code == code))
            .ok_or_else(|| {
                Refusal::new("NOT_CALLED", "the whistle would have to have called the agency or contact")
            })
    }

    /// Whether the actor blew the whistle.
    fn blew(&self, no: u32) -> bool {
        self.case.docket.whistles.iter().any(|one| one.no == no && one.by == self.occasion.actor)
    }

    fn name_called(&self, code: &str) -> String {
        let directory = self.setting.directory;
        directory
            .contact(code)
            .map_or_else(|| directory.name(code).to_owned(), |contact| contact.name.clone())
    }
}

fn is_called(duty: &crate::domain::duty::Duty, no: u32, code: &str) -> bool {
    duty.about == no && duty.holder.agency == code
}
