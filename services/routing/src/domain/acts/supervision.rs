//! Pressing who is late: reminder, yellow card, red card (督办), and alerts by tier.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    directory::Rank,
    domain::{
        draft::Draft,
        duty::{DutyKind, Holder},
        history::HistoryKind,
        level::Level,
        push::Form,
        refusal::Refusal,
    },
};

const MOST_SUPERVISIONS: usize = 200;

/// How hard someone is pressed; cannot go down within a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// 普通督办
    Reminder,
    /// 黄牌督办
    Yellow,
    /// 红牌督办
    Red,
}

impl Card {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reminder => "普通督办",
            Self::Yellow => "黄牌督办",
            Self::Red => "红牌督办",
        }
    }

    /// The level whose limit a reply has: the card's colour.
    #[must_use]
    pub const fn urgency(self) -> Level {
        match self {
            Self::Reminder => Level::Blue,
            Self::Yellow => Level::Yellow,
            Self::Red => Level::Red,
        }
    }

    /// The next harder one; the hardest stays.
    #[must_use]
    pub const fn harder(self) -> Self {
        match self {
            Self::Reminder => Self::Yellow,
            Self::Yellow | Self::Red => Self::Red,
        }
    }
}

/// One supervision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervision {
    /// Counts from 1.
    pub no: u32,
    /// How hard.
    pub card: Card,
    /// Who is pressed.
    pub agency: String,
    /// Who watches it: a post of the directory; the centre's director where there is no superior.
    pub supervisor: String,
    /// When.
    pub at: Timestamp,
    /// When it was replied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Timestamp>,
}

/// An alert to one tier (市-县-所三级预警; S3-06).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Counts from 1.
    pub no: u32,
    /// The tier's name.
    pub tier: String,
    /// The agency.
    pub agency: String,
    /// The level that it was raised at.
    pub level: Level,
    /// When.
    pub at: Timestamp,
    /// When it was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// What it is.
    #[serde(default, skip_serializing_if = "AlertStatus::is_actual")]
    pub status: AlertStatus,
    /// Who acknowledged it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub acknowledged_by: String,
    /// In which capacity.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub acknowledged_capacity: String,
}

/// What an alert is, in the manner of the Common Alerting Protocol (OASIS CAP 1.2: status, and the message type Cancel).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// It is meant.
    #[default]
    Actual,
    /// Of an exercise (演练).
    Exercise,
    /// Called off (解除).
    Cancelled,
    /// Of a technical test (测试).
    Test,
}

impl AlertStatus {
    const fn is_actual(&self) -> bool {
        matches!(self, Self::Actual)
    }
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupervisionAct {
    /// Presses an agency.
    Supervise {
        /// How hard.
        card: Card,
        /// Whom; the lead agency where none.
        agency: Option<String>,
        /// What is to be done.
        words: String,
    },
    /// Replies to the open supervision of an agency.
    Reply {
        /// Whose; the centre may speak for each.
        agency: String,
        /// What was done.
        words: String,
    },
    /// Acknowledges the open alert to an agency.
    Acknowledge {
        /// Whose; the centre may speak for each.
        agency: String,
    },
    /// Sends a reminder letter to an agency (提示函; S3-07).
    SendLetter {
        /// To whom.
        agency: String,
        /// What for.
        words: String,
    },
    /// Answers the open letter to an agency.
    AnswerLetter {
        /// Whose; the centre may speak for each.
        agency: String,
        /// The answer.
        words: String,
    },
}

impl Draft<'_> {
    pub(in crate::domain) fn supervision(&mut self, act: &SupervisionAct) -> Result<(), Refusal> {
        match act {
            SupervisionAct::Supervise { card, agency, words } => {
                self.must_be_open()?;
                let rank = if *card == Card::Reminder { Rank::Officer } else { Rank::Leader };
                self.must_be(rank, &format!("give a {}", card.name()))?;
                let agency = agency.clone().unwrap_or_else(|| self.case.lead_agency.clone());
                if self.case.docket.supervisions.len() >= MOST_SUPERVISIONS {
                    return Self::refuse(
                        "TOO_MANY_SUPERVISIONS",
                        "the case would have to have fewer of them",
                    );
                }
                if self.hardest(&agency).is_some_and(|held| held > *card) {
                    return Self::refuse(
                        "CARD_TOO_SOFT",
                        "the card would have to be at least as hard as the last one",
                    );
                }
                self.press(&agency, *card, Some(words));
                Ok(())
            }
            SupervisionAct::Reply { agency, words } => self.reply(agency, words),
            SupervisionAct::Acknowledge { agency } => self.acknowledge(agency),
            SupervisionAct::SendLetter { agency, words } => {
                self.must_be_open()?;
                let no = self.case.docket.last_duty + 1;
                self.owe(DutyKind::Letter, Holder::agency(agency), no);
                let text = format!("向{}发提示函", self.agency_name(agency));
                self.note_words(HistoryKind::LetterSent, text, words);
                self.push_to(agency, Form::Reminder, "提示函");
                Ok(())
            }
            SupervisionAct::AnswerLetter { agency, words } => {
                self.must_act_for(agency)?;
                if self.meet(|duty| duty.kind == DutyKind::Letter && duty.holder.agency == *agency) == 0 {
                    return Self::refuse("NO_LETTER_OPEN", "a letter to the agency would have to be open");
                }
                let text = format!("{}答复提示函", self.agency_name(agency));
                self.note_words(HistoryKind::LetterAnswered, text, words);
                Ok(())
            }
        }
    }

    /// Presses an agency, by a person with words or by a clock without. Who watches is the superior of the
    /// agency's leader; where there is none, the centre's director, never nobody.
    pub(in crate::domain) fn press(&mut self, agency: &str, card: Card, words: Option<&str>) {
        let no = u32::try_from(self.case.docket.supervisions.len()).unwrap_or(u32::MAX).saturating_add(1);
        // A contact has no queue of forms and no superior: the centre's desk answers for it.
        let desk = self.setting.directory.desk().to_owned();
        let agency = if self.setting.directory.agency(agency).is_some() { agency } else { &desk };
        let supervisor = match self.setting.directory.ladder(agency).get(card as usize) {
            Some(post) => (*post).clone(),
            None => self.setting.directory.director().clone(),
        };
        self.case.docket.supervisions.push(Supervision {
            no,
            card,
            agency: agency.to_owned(),
            supervisor: supervisor.code.clone(),
            at: self.occasion.at,
            replied_at: None,
        });
        self.drop_duties(|duty| duty.kind == DutyKind::Reply && duty.holder.agency == agency);
        let limit = self.setting.practice.limit(DutyKind::Reply, card.urgency());
        self.owe_within(DutyKind::Reply, Holder::agency(agency), no, limit);
        let text = format!("{}：{}，督办人：{}", card.name(), self.agency_name(agency), supervisor.name);
        match words {
            Some(words) => self.note_words(HistoryKind::Supervised, text.clone(), words),
            None => self.note_as_system(HistoryKind::Supervised, text.clone()),
        }
        self.push_to(agency, Form::Supervision(card), &text);
        self.tell_above(&supervisor, agency, card.name());
        if supervisor.agency != agency {
            self.push_to(&supervisor.agency, Form::Reminder, &text);
        }
    }

    /// Presses an agency one step harder than before.
    pub(in crate::domain) fn press_harder(&mut self, agency: &str) {
        match self.hardest(agency) {
            // Harder there is none: the director is told, and it stays on the list.
            _ if self.case.docket.supervisions.len() >= MOST_SUPERVISIONS => {}
            Some(Card::Red) => {
                let director = self.setting.directory.director().agency.clone();
                let text = format!("{}红牌督办后仍未办理", self.agency_name(agency));
                self.push_to(&director, Form::Reminder, &text);
            }
            Some(card) => self.press(agency, card.harder(), None),
            None => self.press(agency, Card::Reminder, None),
        }
    }

    fn hardest(&self, agency: &str) -> Option<Card> {
        let cards = self.case.docket.supervisions.iter().filter(|one| one.agency == agency);
        cards.map(|one| one.card).max()
    }

    fn reply(&mut self, agency: &str, words: &str) -> Result<(), Refusal> {
        self.must_act_for(agency)?;
        let at = self.occasion.at;
        if self.meet(|duty| duty.kind == DutyKind::Reply && duty.holder.agency == agency) == 0 {
            return Self::refuse("NO_SUPERVISION_OPEN", "a supervision of the agency would have to be open");
        }
        for one in &mut self.case.docket.supervisions {
            if one.agency == agency {
                one.replied_at.get_or_insert(at);
            }
        }
        let text = format!("{}回复督办", self.agency_name(agency));
        self.note_words(HistoryKind::SupervisionReplied, text, words);
        Ok(())
    }

    fn acknowledge(&mut self, agency: &str) -> Result<(), Refusal> {
        self.must_act_for(agency)?;
        let at = self.occasion.at;
        if self.meet(|duty| duty.kind == DutyKind::Acknowledge && duty.holder.agency == agency) == 0 {
            return Self::refuse("NO_ALERT_OPEN", "an alert to the agency would have to be open");
        }
        let mut tiers = Vec::new();
        for alert in &mut self.case.docket.alerts {
            if alert.agency == agency
                && alert.acknowledged_at.is_none()
                && alert.status != AlertStatus::Cancelled
            {
                alert.acknowledged_at = Some(at);
                alert.acknowledged_by.clone_from(&self.occasion.actor);
                alert.acknowledged_capacity.clone_from(&self.occasion.capacity);
                tiers.push(format!("{}级", alert.tier));
            }
        }
        let text = format!("{}确认预警（{}）", self.agency_name(agency), tiers.join("、"));
        self.note(HistoryKind::AlertAcknowledged, text, None);
        Ok(())
    }
}
