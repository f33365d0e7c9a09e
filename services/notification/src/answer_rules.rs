//! What a county sets for answers: `answers.toml` in its folder, all of it optional.

use std::path::Path;

use fengqiao_county::{Mistake, Mistakes};
use fengqiao_proto::notification::v1::FeedbackOutcome;
use serde::Deserialize;

use crate::settings::read_toml;

/// The largest file that a county may allow, in megabytes.
const MOST_MEGABYTES: u64 = 1024;
/// What a county has at most.
const MOST_TEMPLATES: usize = 40;
const MOST_TEMPLATE_CHARACTERS: usize = 500;

/// How a county's agencies answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRules {
    /// The largest file, in bytes.
    pub largest_file: u64,
    /// What is said often (回复模板).
    pub templates: Vec<ReplyTemplate>,
}

/// A text that is said often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTemplate {
    /// With which outcome.
    pub outcome: FeedbackOutcome,
    /// The text.
    pub text: String,
}

impl Default for AnswerRules {
    fn default() -> Self {
        Self { largest_file: 20_000_000, templates: Vec::new() }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    attachments: Attachments,
    reply: Vec<Reply>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Attachments {
    largest_megabytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    outcome: String,
    text: String,
}

impl AnswerRules {
    /// Reads a file; one that is not there says nothing.
    ///
    /// # Errors
    /// All mistakes, with file, line and reason.
    pub fn load(file: &Path) -> Result<Self, Mistakes> {
        if !file.exists() {
            return Ok(Self::default());
        }
        Self::of(read_toml(file)?).map_err(|reasons| {
            Mistakes(reasons.into_iter().map(|reason| Mistake::new(file, 0, reason)).collect())
        })
    }

    fn of(file: File) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let plain = Self::default();
        let largest_file = match file.attachments.largest_megabytes {
            None => plain.largest_file,
            Some(megabytes) if (1..=MOST_MEGABYTES).contains(&megabytes) => megabytes * 1_000_000,
            Some(_) => {
                mistakes.push(format!("attachments.largest_megabytes must be 1 to {MOST_MEGABYTES}"));
                plain.largest_file
            }
        };
        if file.reply.len() > MOST_TEMPLATES {
            mistakes.push(format!("there must be at most {MOST_TEMPLATES} replies"));
        }
        let mut templates = Vec::with_capacity(file.reply.len());
        for (number, reply) in (1..).zip(file.reply) {
            let name = format!("FEEDBACK_OUTCOME_{}", reply.outcome.to_ascii_uppercase());
            let outcome = FeedbackOutcome::from_str_name(&name);
            let text = reply.text.trim().to_owned();
            if !(1..=MOST_TEMPLATE_CHARACTERS).contains(&text.chars().count()) {
                mistakes.push(format!(
                    "reply {number}: text must have 1 to {MOST_TEMPLATE_CHARACTERS} characters"
                ));
            }
            match outcome.filter(|outcome| *outcome != FeedbackOutcome::Unspecified) {
                Some(outcome) => templates.push(ReplyTemplate { outcome, text }),
                None => mistakes.push(format!("reply {number}: outcome must be in_progress, done or cannot")),
            }
        }
        if mistakes.is_empty() { Ok(Self { largest_file, templates }) } else { Err(mistakes) }
    }

    /// The texts of all templates.
    pub fn template_texts(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().map(|template| template.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AnswerRules, Vec<String>> {
        AnswerRules::of(toml::from_str(text).unwrap())
    }

    #[test]
    fn what_is_not_said_stays_as_it_is() {
        assert_eq!(read("").unwrap(), AnswerRules::default());
        let rules =
            read("[attachments]\nlargest_megabytes = 5\n[[reply]]\noutcome = 'done'\ntext = '已办结。'")
                .unwrap();
        assert_eq!(rules.largest_file, 5_000_000);
        assert_eq!(rules.templates[0].outcome, FeedbackOutcome::Done);
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let wrong = read("[attachments]\nlargest_megabytes = 0\n[[reply]]\noutcome = 'maybe'\ntext = ''")
            .unwrap_err();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }

    #[test]
    fn every_shipped_county_s_file_is_right() {
        let counties = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county");
        for folder in std::fs::read_dir(counties).unwrap().map(|entry| entry.unwrap().path()) {
            if folder.is_dir() {
                let rules = AnswerRules::load(&folder.join("answers.toml")).unwrap();
                assert!(!rules.templates.is_empty(), "{}", folder.display());
            }
        }
    }
}
