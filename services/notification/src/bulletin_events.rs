//! What statistics tells: a bulletin that was made is announced to its agencies by a form each, as one that is issued by
//! hand. The form's request id is the bulletin's and the agency's, so that the same event again issues nothing.

use std::sync::Arc;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{
    notification::v1::{FormContent, FormField},
    statistics::v1::BulletinMade,
    types::v1::{FormKind, Level},
};
use fengqiao_serving::time::from_proto;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    delivery::Delivery,
    domain::form::{CountyOffice, IssuedForm},
    error::NotificationError,
    forms::Forms,
};

const BULLETIN_MADE: &str = "fengqiao.statistics.v1.BulletinMade";
/// Who issues them.
const BY: &str = "statistics";
/// A bulletin waits for nobody.
const LEVEL: Level = Level::Blue;

/// Announces bulletins.
pub struct BulletinEvents {
    delivery: Arc<Delivery>,
    forms: Arc<Forms>,
}

impl BulletinEvents {
    /// Over these channels, with these forms.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, forms: Arc<Forms>) -> Self {
        Self { delivery, forms }
    }
}

#[async_trait]
impl Apply for BulletinEvents {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        // Kinds of a later version are not ours to judge.
        for envelope in batch.iter().filter(|envelope| envelope.kind == BULLETIN_MADE) {
            let office =
                self.forms.of(&envelope.county).map_err(|_| envelope.refused("the county is unknown"))?;
            let made = BulletinMade::decode(envelope.payload.as_slice())
                .map_err(|_| envelope.refused("the message cannot be decoded"))?;
            let forms =
                announcements(office, &envelope.county, &made).map_err(|what| envelope.refused(what))?;
            for form in &forms {
                match self.delivery.issue(form).await {
                    Ok(_) => {}
                    Err(NotificationError::Repeated) => {
                        return Err(envelope.refused("another bulletin has the id"));
                    }
                    Err(error) => return Err(ApplyError::Retry(Box::new(error))),
                }
            }
        }
        Ok(step.take_alone(conn).await?)
    }
}

/// A form for each agency that gets the bulletin; none where the county issues no such form.
fn announcements(
    office: &CountyOffice,
    county: &str,
    made: &BulletinMade,
) -> Result<Vec<IssuedForm>, &'static str> {
    let bulletin = Uuid::try_parse(&made.bulletin_id).map_err(|_| "the bulletin's id is not a UUID")?;
    let at = made.made_at.as_ref().and_then(from_proto).ok_or("the time is missing or impossible")?;
    let Some(rule) = office.forms.rule(FormKind::Bulletin) else { return Ok(Vec::new()) };
    let said = |key: &str| match key {
        "summary" => Some(made.summary.clone()),
        // Whoever reads the form may have no account at the board: the link opens without one.
        "file" if made.link.starts_with("https://") => Some(made.link.clone()),
        "file" => Some(format!("fengqiao bulletin get {bulletin}（SHA-256 {}）", made.sha256)),
        _ => None,
    };
    let fields: Vec<FormField> = rule
        .fields
        .iter()
        .filter_map(|field| {
            let text = said(&field.key).filter(|text| !text.is_empty())?;
            Some(FormField { key: field.key.clone(), label: field.label.clone(), text })
        })
        .collect();
    let forms = made.agencies.iter().filter_map(|agency| {
        let name = office.forms.agency(agency).map_or(agency.as_str(), |known| known.name.as_str());
        let recipient = office.forms.recipient(agency, "");
        let draft = office.draft(rule, &office.desk, name, recipient, LEVEL, at, rand::random())?;
        Some(IssuedForm {
            county: county.to_owned(),
            form_id: Uuid::now_v7(),
            draft,
            agency: agency.clone(),
            case_id: Some(bulletin),
            case_number: String::new(),
            level: LEVEL,
            issued_at: at,
            issued_by: BY.to_owned(),
            request_id: format!("{bulletin} {agency}"),
            drill: false,
            content: FormContent {
                reason: made.title.clone(),
                fields: fields.clone(),
                ..FormContent::default()
            },
        })
    });
    Ok(forms.collect())
}
