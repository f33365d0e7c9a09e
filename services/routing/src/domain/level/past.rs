//! What a case has been through, in numbers.

use fengqiao_proto::types::v1::Source;

/// How people turned to the county: 访, 警 or 助 (S4-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contact {
    /// 上过访: they went and complained in person.
    Visit,
    /// 报过警: they called the police.
    Call,
    /// 求过助: they asked anyone else for help.
    Help,
}

impl Contact {
    /// Which contact a report of a door is. A petition and a visit to the window are visits, a 110 call is a
    /// call; whatever else brings people's troubles in is a request for help: the hotline, the grid worker,
    /// the key, the women's federation, a court filing, what was said in a meeting, an enterprise's question, a
    /// mailed clue.
    #[must_use]
    pub const fn of(source: Source) -> Self {
        match source {
            Source::Petition | Source::WalkIn => Self::Visit,
            Source::Police110 => Self::Call,
            Source::Unspecified
            | Source::Hotline12345
            | Source::Grid
            | Source::Court
            | Source::WomensFederation
            | Source::OneKeyCall
            | Source::Meeting
            | Source::Enterprise
            | Source::ClueMail => Self::Help,
        }
    }
}

/// What a case has been through when it is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// How many reports the case has had within the window, the one that is graded included.
    pub reports_30d: i64,
    /// How many of them were visits.
    pub visits: i64,
    /// How many of them were police calls.
    pub calls: i64,
    /// How many of them were requests for help.
    pub helps: i64,
    /// How many mediation sessions were held.
    pub sessions: i64,
    /// How often an agency returned it.
    pub returns: i64,
    /// How many whole days it has been open.
    pub days_open: i64,
    /// Whether intake marked the report as a repeat call.
    pub repeat: bool,
}

impl Past {
    /// The past that the doors of a case's reports within the window tell, the one that is graded included.
    #[must_use]
    pub fn of_reports(sources: impl IntoIterator<Item = Source>) -> Self {
        sources.into_iter().fold(Self::default(), |past, source| {
            let past = Self { reports_30d: past.reports_30d + 1, ..past };
            match Contact::of(source) {
                Contact::Visit => Self { visits: past.visits + 1, ..past },
                Contact::Call => Self { calls: past.calls + 1, ..past },
                Contact::Help => Self { helps: past.helps + 1, ..past },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_05_each_report_is_a_visit_a_call_or_a_request() {
        let past = Past::of_reports([
            Source::Petition,
            Source::WalkIn,
            Source::Police110,
            Source::Hotline12345,
            Source::OneKeyCall,
            Source::Court,
        ]);
        let counts = (past.reports_30d, past.visits, past.calls, past.helps);
        assert_eq!(counts, (6, 2, 1, 3));
        assert_eq!(Past::of_reports([]), Past::default());
    }
}
