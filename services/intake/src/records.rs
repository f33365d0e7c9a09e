//! Records in their sources' own forms: translated by a mapping of the county, or the police's.

use std::{collections::BTreeSet, sync::Arc};

use fengqiao_access::Principal;
use fengqiao_county::{Counties, Mapping};
use fengqiao_proto::{
    intake::v1::{MappedRecord, Record, SubmitRecordResponse, UnmappedField, record},
    types::v1::{Role, Source},
};
use fengqiao_serving::time;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{
    activities::{Activities, BegunActivity},
    config::ANSWER_TIMEOUT,
    domain::{
        mapping::{Fields, Form, MOST_FIELDS, Mapped, Unmapped, translate},
        police::{PoliceForm, check, fold},
        validation::Violation,
    },
    error::IntakeError,
    folding::{Folding, WaitingRecord, version_of},
    foreseeing::Checked,
    intake::{Begun, Intake, WhenFull},
    reception::ReceivedReport,
    store::KeptActivity,
    sums,
    unmapped::Counting,
};

/// The most matters of one record.
const MOST_ITEMS: usize = 100;

/// Takes records.
pub struct Records {
    pub(crate) intake: Arc<Intake>,
    activities: Arc<Activities>,
    folding: Folding,
}

/// A record that waits for the commit of what comes of it.
pub struct BegunRecord {
    begin: Begin,
    /// What its mapping does not know.
    unmapped: Vec<UnmappedField>,
    /// The same, and kinds of matter that the county does not know, to be counted.
    counting: Option<Counting>,
}

/// What became of a record.
pub(crate) type Committed = Result<SubmitRecordResponse, IntakeError>;

enum Begin {
    /// It was only to be checked: what would become of it.
    Foreseen(BoxFuture<'static, Committed>),
    Reports(Vec<Begun>),
    Folded(oneshot::Receiver<Committed>),
    Activity(BegunActivity),
}

/// What is wanted of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedOfRecord {
    /// Only check it.
    pub validate_only: bool,
    /// It comes from a file, which may be older than what is held.
    pub from_file: bool,
}

/// What a record is, checked, and not yet begun.
enum Right {
    Reports(Vec<ReceivedReport>),
    Police(PoliceForm),
    Activity(Box<KeptActivity>),
}

impl Records {
    /// Makes the service, and its work, which is to be spawned by who owns it; it ends soon after intake's stop.
    #[must_use]
    pub fn new(
        intake: Arc<Intake>,
        activities: Arc<Activities>,
        counties: &Counties,
    ) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let (folding, mut work) = Folding::new(&intake, counties.iter().map(|county| county.code.as_str()));
        let unmapped = intake.unmapped.clone();
        work.push(Box::pin(unmapped.write_until(intake.pool.clone(), intake.stop.clone())));
        (Self { intake, activities, folding }, work)
    }

    /// Checks a record and lets it wait, after those that began before it. Where too many wait, it waits for room or is
    /// told to come again.
    ///
    /// # Errors
    /// What is wrong with it, by the source's own names where it has any; or why it cannot wait.
    pub(crate) async fn begin(
        &self,
        who: &Arc<Principal>,
        record: Option<Record>,
        asked: AskedOfRecord,
        when_full: WhenFull,
    ) -> Result<BegunRecord, IntakeError> {
        let now = time::now();
        let record = record.unwrap_or_default();
        let county = who.county_of(&record.county).map_err(|_| IntakeError::NoSuchCounty)?.to_owned();
        let mut unknown = None;
        let (right, counted) = match record.form {
            None => return Err(IntakeError::invalid("form", "must be given")),
            Some(record::Form::Mapped(mapped)) => self.mapped(who, &county, mapped, now)?,
            Some(form) => {
                let path = match form {
                    record::Form::PoliceTaking(_) => "policeTaking",
                    record::Form::PoliceDispatch(_) => "policeDispatch",
                    _ => "policeFeedback",
                };
                let form =
                    PoliceForm::of(form).ok_or_else(|| IntakeError::invalid("form", "must be known"))?;
                let below = |violation: Violation| {
                    Violation::new(format!("{path}.{}", violation.field), violation.description)
                };
                self.check_police(who, &county, &form).map_err(|error| renamed(error, below))?;
                let categories = &self.intake.reception.county(&county)?.categories;
                unknown = form.unknown_category(path, categories);
                (Right::Police(form), None)
            }
        };
        let unmapped = counted.iter().flat_map(|(_, unmapped)| unmapped_fields(unmapped)).collect();
        if asked.validate_only {
            let checked = self.checked(right, asked.from_file);
            let foreseen = Arc::clone(&self.intake).foresee_record(county, checked);
            let begin = Begin::Foreseen(Box::pin(foreseen));
            return Ok(BegunRecord { begin, unmapped, counting: None });
        }
        let begun = match right {
            Right::Reports(reports) => {
                let mut begun = Vec::with_capacity(reports.len());
                for received in reports {
                    let received = Box::new(ReceivedReport { from_file: asked.from_file, ..received });
                    begun.push(self.intake.begin(who, received, when_full).await?);
                }
                Begin::Reports(begun)
            }
            Right::Activity(kept) => {
                Begin::Activity(self.activities.begin_kept(&county, *kept, when_full).await?)
            }
            Right::Police(form) => {
                let (answer, answered) = oneshot::channel();
                let waiting = WaitingRecord { form, who: Arc::clone(who), answer };
                self.folding.submit(&county, waiting, when_full).await?;
                Begin::Folded(answered)
            }
        };
        let counting = match counted {
            Some((mapping, unmapped)) => self.intake.unmapped.counting(&county, &mapping.name, unmapped, now),
            None => self.intake.count_unmapped(&county, unknown),
        };
        Ok(BegunRecord { begin: begun, unmapped, counting })
    }

    /// What a record that is right comes to where it is not taken.
    fn checked(&self, right: Right, from_file: bool) -> Checked {
        match right {
            Right::Reports(reports) => Checked::Reports(
                reports.into_iter().map(|received| ReceivedReport { from_file, ..received }).collect(),
            ),
            Right::Activity(kept) => Checked::Activity(kept),
            Right::Police(form) => {
                let version = version_of(&form, &form.encode(), self.intake.reception.keyring());
                Checked::Police(form.name(), version)
            }
        }
    }

    #[expect(clippy::type_complexity, reason = "what a mapping did not know goes with the mapping")]
    fn mapped(
        &self,
        who: &Principal,
        county: &str,
        record: MappedRecord,
        now: Timestamp,
    ) -> Result<(Right, Option<(Arc<Mapping>, Vec<Unmapped>)>), IntakeError> {
        let mapping = self.intake.reception.county(county)?.mappings.get(&record.mapping).cloned();
        let mapping = mapping.ok_or(IntakeError::NoSuchMapping)?;
        let forms = self.translated(county, &mapping, record, now)?;
        let several = forms.len() > 1;
        let mut reports = Vec::with_capacity(forms.len());
        let mut unmapped = Vec::new();
        for (index, form) in forms.into_iter().enumerate() {
            let Mapped { form, origins, unmapped: mut found } = form;
            unmapped.append(&mut found);
            let named = |violation: Violation| {
                let field = origins
                    .get(&violation.field)
                    .filter(|origin| !origin.is_empty())
                    .unwrap_or(&violation.field);
                let field = if several { format!("items[{index}].{field}") } else { field.clone() };
                Violation::new(field, violation.description)
            };
            let police = match form {
                Form::Report(mut report) => {
                    county.clone_into(&mut report.county);
                    let received = self.intake.receive(who, Some(*report));
                    reports.push(*received.map_err(|error| renamed(error, named))?);
                    continue;
                }
                Form::Activity(mut activity) => {
                    // As one of the police it is one: more than one item was refused.
                    county.clone_into(&mut activity.county);
                    let kept = self.activities.receive(who, county, *activity);
                    let kept = kept.map_err(|error| renamed(error, named))?;
                    return Ok((Right::Activity(Box::new(kept)), Some((mapping, unmapped))));
                }
                Form::Taking(taking) => PoliceForm::Taking(taking),
                Form::Dispatch(dispatch) => PoliceForm::Dispatch(dispatch),
                Form::Feedback(feedback) => PoliceForm::Feedback(feedback),
            };
            self.check_police(who, county, &police).map_err(|error| renamed(error, named))?;
            // A record of the police is one: more than one item was refused.
            return Ok((Right::Police(police), Some((mapping, unmapped))));
        }
        Ok((Right::Reports(reports), Some((mapping, unmapped))))
    }

    /// The forms of a record: one, or one for each of its items.
    fn translated(
        &self,
        county: &str,
        mapping: &Mapping,
        record: MappedRecord,
        now: Timestamp,
    ) -> Result<Vec<Mapped>, IntakeError> {
        if record.items.len() > MOST_ITEMS {
            return Err(IntakeError::invalid("mapped.items", format!("must be at most {MOST_ITEMS}")));
        }
        let of_many = mapping.set.iter().any(|setting| setting.path == "details.partOf");
        if !record.items.is_empty() && !of_many {
            return Err(IntakeError::invalid(
                "mapped.items",
                "must be none: the mapping is of records of one matter",
            ));
        }
        if record.fields.len() > MOST_FIELDS {
            return Err(IntakeError::invalid("mapped.fields", format!("must be at most {MOST_FIELDS}")));
        }
        let whole: Fields = record.fields.into_iter().collect();
        let items: Vec<Fields> = if record.items.is_empty() {
            vec![whole]
        } else {
            let over = |item: std::collections::HashMap<String, String>| {
                let mut fields = whole.clone();
                fields.extend(item);
                fields
            };
            record.items.into_iter().map(|item| over(item.fields)).collect()
        };
        let several = items.len() > 1;
        self.intake.reception.knowing(county, now, |_, knowledge| {
            let mut forms = Vec::with_capacity(items.len());
            for (index, fields) in items.iter().enumerate() {
                let form = translate(mapping, fields, index + 1, knowledge).map_err(|wrong| {
                    let of_item = |violation: Violation| {
                        if !several {
                            return violation;
                        }
                        Violation::new(format!("items[{index}].{}", violation.field), violation.description)
                    };
                    IntakeError::Invalid(wrong.into_iter().map(of_item).collect())
                })?;
                forms.push(form);
            }
            Ok(forms)
        })?
    }

    /// Checks a record of the police by itself and, where it is the call, what a report of it would be refused for.
    fn check_police(&self, who: &Principal, county: &str, form: &PoliceForm) -> Result<(), IntakeError> {
        if who.role == Role::Source && who.source != Some(Source::Police110) {
            return Err(IntakeError::NotItsSource);
        }
        let mut wrong = check(form);
        if matches!(form, PoliceForm::Taking(_))
            && let Some(mut report) = fold([form.clone()])
        {
            county.clone_into(&mut report.county);
            match self.intake.receive(who, Some(report)) {
                Ok(_) => {}
                Err(IntakeError::Invalid(of_report)) => {
                    for violation in of_report.into_iter().filter_map(of_call) {
                        if wrong.iter().all(|known| known.field != violation.field) {
                            wrong.push(violation);
                        }
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        sums::refused(county, Source::Police110.into());
        Err(IntakeError::Invalid(wrong))
    }
}

impl BegunRecord {
    /// Waits for the commit of what comes of it.
    ///
    /// # Errors
    /// Why it could not be committed, or that no answer came in time.
    pub(crate) async fn committed(self) -> Committed {
        let answer = self.begin.committed().await?;
        if let Some(counting) = self.counting {
            counting.unless(answer.known);
        }
        Ok(SubmitRecordResponse { unmapped: self.unmapped, ..answer })
    }
}

impl Begin {
    async fn committed(self) -> Committed {
        Ok(match self {
            Self::Foreseen(foreseen) => foreseen.await?,
            Self::Reports(begun) => {
                let mut reports = Vec::with_capacity(begun.len());
                for report in begun {
                    reports.push(report.committed().await?);
                }
                let known = reports.iter().all(|report| report.known);
                SubmitRecordResponse { reports, known, ..SubmitRecordResponse::default() }
            }
            Self::Activity(begun) => {
                let activity = begun.committed().await?;
                let known = activity.known;
                SubmitRecordResponse { activity: Some(activity), known, ..SubmitRecordResponse::default() }
            }
            Self::Folded(answered) => tokio::time::timeout(ANSWER_TIMEOUT, answered)
                .await
                .map_err(|_| IntakeError::NoAnswerInTime)?
                .map_err(|_| IntakeError::Ending)??,
        })
    }
}

/// What is told of what a record's mapping does not know: each once, whatever matters it is of.
fn unmapped_fields(unmapped: &[Unmapped]) -> impl Iterator<Item = UnmappedField> {
    let once: BTreeSet<&Unmapped> = unmapped.iter().collect();
    once.into_iter()
        .map(|one| UnmappedField { field: one.field.clone(), value: one.code.clone().unwrap_or_default() })
}

/// What is wrong with a report of a call, by the call's field; the record's own checks say the rest.
fn of_call(violation: Violation) -> Option<Violation> {
    let field = match violation.field.as_str() {
        "sourceRef" => "number",
        "occurredAt" => "calledAt",
        "narrative" => "content",
        "title" | "category" => "category.word",
        "areaCode" | "address" => violation.field.as_str(),
        _ => return None,
    };
    Some(Violation::new(field, violation.description.clone()))
}

fn renamed(error: IntakeError, name: impl Fn(Violation) -> Violation) -> IntakeError {
    match error {
        IntakeError::Invalid(violations) => IntakeError::Invalid(violations.into_iter().map(name).collect()),
        other => other,
    }
}
