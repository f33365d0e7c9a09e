//! The truth of a set, and how near found links come to it.

use std::{collections::HashMap, fmt, io::Read};

use serde::{Deserialize, Serialize};

use crate::b_cubed::{BCubed, b_cubed};

/// What is true of a report, or what was found: one line of `truth.csv` and of `links.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The report's number at its source.
    pub source_ref: String,
    /// Who told it.
    pub person: String,
    /// The household of who told it.
    pub household: String,
    /// The dispute that it is about.
    pub case: String,
}

/// How well links agree with the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Of the disputes.
    pub case: BCubed,
    /// Of the people.
    pub person: BCubed,
    /// Of the households.
    pub household: BCubed,
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, score) in [("case", self.case), ("person", self.person), ("household", self.household)] {
            let BCubed { precision, recall, f1 } = score;
            writeln!(f, "  {what:<9} f1={f1:.4} precision={precision:.4} recall={recall:.4}")?;
        }
        Ok(())
    }
}

/// Why links cannot be measured.
#[derive(Debug)]
pub enum MeasureError {
    /// The file is not of the four columns.
    Form(csv::Error),
    /// A report of the truth has no links.
    Missing(String),
    /// Two lines speak of the same report.
    Twice(String),
}

impl fmt::Display for MeasureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => write!(f, "{error}"),
            Self::Missing(source_ref) => write!(f, "there are no links of {source_ref}"),
            Self::Twice(source_ref) => write!(f, "there are two lines of {source_ref}"),
        }
    }
}

impl std::error::Error for MeasureError {}

/// Reads `truth.csv` or `links.csv`. Columns are found by their names; others are passed over.
///
/// # Errors
/// Where the columns are not there.
pub fn read_truth(from: impl Read) -> Result<Vec<Truth>, MeasureError> {
    csv::Reader::from_reader(from).deserialize().collect::<Result<_, _>>().map_err(MeasureError::Form)
}

/// Compares found links with the truth. Links of reports that the truth does not know are passed over; an empty cell
/// of a link is a cluster of one.
///
/// # Errors
/// Where a report has no links, or two.
pub fn measure(truth: &[Truth], links: &[Truth]) -> Result<Scores, MeasureError> {
    let mut by_ref = HashMap::with_capacity(links.len());
    for link in links {
        if by_ref.insert(link.source_ref.as_str(), link).is_some() {
            return Err(MeasureError::Twice(link.source_ref.clone()));
        }
    }
    let pairs: Vec<(&Truth, &Truth)> = truth
        .iter()
        .map(|row| match by_ref.get(row.source_ref.as_str()) {
            Some(link) => Ok((row, *link)),
            None => Err(MeasureError::Missing(row.source_ref.clone())),
        })
        .collect::<Result<_, _>>()?;
    let compare = |cell: fn(&Truth) -> &str| {
        b_cubed(pairs.iter().map(|(row, link)| {
            let found = cell(link);
            let alone = if found.is_empty() { link.source_ref.as_str() } else { "" };
            (cell(row), (found, alone))
        }))
    };
    Ok(Scores {
        case: compare(|row| &row.case),
        person: compare(|row| &row.person),
        household: compare(|row| &row.household),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &str) -> Vec<Truth> {
        read_truth(format!("source_ref,person,household,case\n{lines}").as_bytes()).unwrap()
    }

    #[test]
    fn each_of_the_three_is_compared_by_its_own_column() {
        let truth = rows("a,P1,H1,C1\nb,P2,H1,C1\nc,P1,H1,C2\n");
        let links = rows("c,x,h,3\nb,y,h,1\na,x,h,2\nother,x,h,1\n");
        let scores = measure(&truth, &links).unwrap();
        assert_eq!((scores.person.f1, scores.household.f1), (1.0, 1.0));
        assert_eq!((scores.case.precision, scores.case.recall), (1.0, 2.0 / 3.0));
    }

    #[test]
    fn what_was_linked_with_nothing_is_a_cluster_of_one() {
        let truth = rows("a,P1,H1,C1\nb,P2,H2,C2\n");
        let scores = measure(&truth, &rows("a,,,\nb,,,\n")).unwrap();
        assert_eq!((scores.case.f1, scores.person.f1, scores.household.f1), (1.0, 1.0, 1.0));
    }

    #[test]
    fn a_report_without_links_or_with_two_is_said() {
        let truth = rows("a,P1,H1,C1\nb,P2,H2,C2\n");
        assert!(measure(&truth, &rows("a,x,x,x\n")).unwrap_err().to_string().contains("of b"));
        assert!(measure(&truth, &rows("a,x,x,x\na,x,x,x\n")).unwrap_err().to_string().contains("of a"));
        assert!(read_truth("source_ref,person\na,b\n".as_bytes()).is_err());
    }
}
