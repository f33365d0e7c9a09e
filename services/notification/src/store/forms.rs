//! Forms, their numbers, templates and papers.

use fengqiao_forms::Template;
use fengqiao_messaging::Topic;
use fengqiao_paper::Paper;
use fengqiao_proto::{
    notification::v1::FormContent,
    types::v1::{FormKind, Matter, PushSubject},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{QUEUED_BY_THEN, Store, millis, rows};
use crate::{
    domain::{
        form::{FormDraft, IssuedForm, StoredForm, as_matter},
        limit::ToldLimits,
    },
    error::NotificationError,
};

/// What a form says, sealed as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Of a form that was issued by hand.
    ByHand(Vec<u8>),
    /// Of a push that routing asked for.
    ByPush {
        /// Why it comes.
        reason: String,
        /// The area's name.
        area_name: String,
        /// What it speaks of; empty of a duty.
        sealed_matter: Vec<u8>,
    },
}

impl Said {
    /// What it says.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn open(self, keyring: &Keyring, county: &str) -> Result<FormContent, NotificationError> {
        match self {
            Self::ByHand(sealed) => {
                Ok(FormContent::decode(keyring.open(&sealed, county.as_bytes())?.as_slice())?)
            }
            Self::ByPush { reason, area_name, sealed_matter } => {
                let matter = if sealed_matter.is_empty() {
                    None
                } else {
                    Some(Matter::decode(keyring.open(&sealed_matter, county.as_bytes())?.as_slice())?)
                };
                Ok(FormContent { reason, matter, area_name, ..FormContent::default() })
            }
        }
    }
}

/// A paper as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPaper {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Its SHA-256.
    pub sha256: Vec<u8>,
    /// How many pages it has.
    pub pages: i32,
}

/// Which forms to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhichForms {
    /// Only this agency's.
    pub agency: Option<String>,
    /// Only of this case.
    pub case_id: Option<Uuid>,
    /// Only of this kind.
    pub kind: Option<FormKind>,
}

/// A place in the list of forms, the newest first, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormPlace {
    /// When the last form seen was issued.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Its id.
    #[serde(rename = "i")]
    pub form_id: Uuid,
}

impl FormPlace {
    /// Before everything.
    #[must_use]
    pub fn start() -> Self {
        // Ten thousand years on; what Postgres and the contract can both say.
        let at = Timestamp::from_second(250_000_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { at, form_id: Uuid::max() }
    }

    /// At this form.
    #[must_use]
    pub const fn at(form: &StoredForm) -> Self {
        Self { at: form.issued_at, form_id: form.form_id }
    }
}

/// Takes the next number of a form's series. It is held until the transaction ends: a rollback gives it back.
///
/// # Errors
/// [`NotificationError::Database`]
pub async fn take_number(
    conn: &mut PgConnection,
    county: &str,
    draft: &FormDraft,
) -> Result<i32, NotificationError> {
    sqlx::query_scalar(include_str!("sql/forms/take_number.sql"))
        .bind(county)
        .bind(&draft.issuer)
        .bind(&draft.numbering.series)
        .bind(draft.year)
        .fetch_one(conn)
        .await
        .map_err(NotificationError::database("take a number"))
}

impl Store {
    /// Issues a form by hand, and its push where it goes to an agency. Returns the form as it is kept, and whether it is
    /// new: the same request again answers as the first time.
    ///
    /// # Errors
    /// [`NotificationError::Repeated`] where the request id was used for another form, or of the database; then no
    /// number is taken.
    pub async fn issue(
        &self,
        issued: &IssuedForm,
        keyring: &Keyring,
    ) -> Result<(StoredForm, bool), NotificationError> {
        const OPERATION: &str = "issue a form";
        if let Some(known) = self.issued_before(issued, keyring).await? {
            return Ok((known, false));
        }
        let written = Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            if !issued.agency.is_empty() {
                // Before the number, as those take it that store what routing asks for: who took the two the other way
                // round could wait for them while they wait for it. What follows is two short rows.
                sqlx::query(include_str!("sql/forms/take_place.sql"))
                    .bind(&issued.county)
                    .bind(Topic::Routing.name())
                    .execute(&mut *tx)
                    .await
                    .map_err(database())?;
            }
            let number = take_number(&mut tx, &issued.county, &issued.draft).await?;
            let written = write(&mut tx, issued, number, keyring).await;
            match written {
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
                Err(error) => Err(database()(error)),
                Ok(()) => {
                    tx.commit().await.map_err(database())?;
                    Ok(true)
                }
            }
        })
        .await?;
        if written {
            return Ok((self.form(&issued.county, issued.form_id).await?.0, true));
        }
        // The same request was faster.
        let known = self.issued_before(issued, keyring).await?;
        known.map(|known| (known, false)).ok_or(NotificationError::Late(OPERATION))
    }

    async fn issued_before(
        &self,
        issued: &IssuedForm,
        keyring: &Keyring,
    ) -> Result<Option<StoredForm>, NotificationError> {
        const OPERATION: &str = "look for an earlier form";
        let county = issued.county.as_str();
        let found = Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/forms/form_of_request.sql"))
                .bind(county)
                .bind(&issued.issued_by)
                .bind(&issued.request_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let read = |row: PgRow| Ok((form(county, &row)?, said(&row)?));
            row.map(read).transpose().map_err(NotificationError::database(OPERATION))
        });
        let Some((known, said)) = found.await? else { return Ok(None) };
        let same = known.kind == issued.draft.kind
            && known.agency == issued.agency
            && known.issuer == issued.draft.issuer
            && known.case_id == issued.case_id
            && known.level == issued.level
            && known.drill == issued.drill
            && said.open(keyring, county)? == issued.content;
        if same { Ok(Some(known)) } else { Err(NotificationError::Repeated) }
    }

    /// A form and what it says.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`], or of the database.
    pub async fn form(&self, county: &str, form_id: Uuid) -> Result<(StoredForm, Said), NotificationError> {
        const OPERATION: &str = "read a form";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/forms/get_form.sql"))
                .bind(county)
                .bind(form_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchForm)?;
            let read = || Ok((form(county, &row)?, said(&row)?));
            read().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// The form with a code for checking.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`], or of the database.
    pub async fn form_of_code(
        &self,
        county: &str,
        check_code: &str,
    ) -> Result<StoredForm, NotificationError> {
        const OPERATION: &str = "check a form";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/forms/form_of_code.sql"))
                .bind(county)
                .bind(check_code)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchForm)?;
            form(county, &row).map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// A page of forms, the newest first.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn list_forms(
        &self,
        county: &str,
        which: &WhichForms,
        after: &FormPlace,
        limit: i64,
    ) -> Result<Vec<StoredForm>, NotificationError> {
        const OPERATION: &str = "list forms";
        // Each has its own index.
        let statement = match (&which.agency, which.case_id) {
            (_, Some(_)) => include_str!("sql/forms/list_of_case.sql"),
            (Some(_), None) => include_str!("sql/forms/list_of_agency.sql"),
            (None, None) => include_str!("sql/forms/list_of_county.sql"),
        };
        Self::within(OPERATION, async {
            let found = sqlx::query(statement)
                .bind(county)
                .bind(&which.agency)
                .bind(which.case_id)
                .bind(which.kind.map(|kind| kind as i16))
                .bind(to_sql(after.at))
                .bind(after.form_id)
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            found
                .iter()
                .map(|row| form(county, row))
                .collect::<Result<_, _>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Keeps a template under its version.
    ///
    /// # Errors
    /// [`NotificationError::TemplateChanged`] where the version was another text before, or of the database.
    pub async fn keep_template(
        &self,
        county: &str,
        kind: FormKind,
        template: &Template,
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "keep a template";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/forms/keep_template.sql"))
                .bind(county)
                .bind(kind as i16)
                .bind(&template.version)
                .bind(template.sha256.as_slice())
                .bind(&*template.source)
                .execute(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await?;
        let (kept, _) = self.kept_template(county, kind, &template.version).await?;
        if kept == template.sha256 {
            return Ok(());
        }
        Err(NotificationError::TemplateChanged {
            county: county.to_owned(),
            kind: fengqiao_forms::word_of(kind),
            version: template.version.clone(),
        })
    }

    /// The text of a template.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`] where it was never in use, or of the database.
    pub async fn template(
        &self,
        county: &str,
        kind: FormKind,
        version: &str,
    ) -> Result<String, NotificationError> {
        Ok(self.kept_template(county, kind, version).await?.1)
    }

    async fn kept_template(
        &self,
        county: &str,
        kind: FormKind,
        version: &str,
    ) -> Result<(Vec<u8>, String), NotificationError> {
        const OPERATION: &str = "read a template";
        Self::within(OPERATION, async {
            sqlx::query_as(include_str!("sql/forms/template.sql"))
                .bind(county)
                .bind(kind as i16)
                .bind(version)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchForm)
        })
        .await
    }

    /// The paper of a form, where it was made.
    ///
    /// # Errors
    /// [`NotificationError::TermOver`]; of the database, or where it does not open.
    pub async fn paper(
        &self,
        county: &str,
        form_id: Uuid,
        keyring: &Keyring,
    ) -> Result<Option<KeptPaper>, NotificationError> {
        const OPERATION: &str = "read a paper";
        let found: Option<(Vec<u8>, i32, Vec<u8>)> = Self::within(OPERATION, async {
            sqlx::query_as(include_str!("sql/forms/paper.sql"))
                .bind(county)
                .bind(form_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))
        })
        .await?;
        let Some((sha256, pages, sealed)) = found else { return Ok(None) };
        if sealed.is_empty() {
            return Err(NotificationError::TermOver);
        }
        let pdf = keyring.open(&sealed, county.as_bytes())?;
        Ok(Some(KeptPaper { pdf, sha256, pages }))
    }

    /// Keeps the paper of a form, unless there is one.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn keep_paper(
        &self,
        county: &str,
        form_id: Uuid,
        paper: &Paper,
        made_at: Timestamp,
        keyring: &Keyring,
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "keep a paper";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/forms/keep_paper.sql"))
                .bind(county)
                .bind(form_id)
                .bind(Sha256::digest(&paper.pdf).as_slice())
                .bind(i32::try_from(paper.pages).unwrap_or(i32::MAX))
                .bind(keyring.seal(&paper.pdf, county.as_bytes()))
                .bind(to_sql(made_at))
                .execute(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            Ok(())
        })
        .await
    }
}

async fn write(
    conn: &mut PgConnection,
    issued: &IssuedForm,
    number: i32,
    keyring: &Keyring,
) -> Result<(), sqlx::Error> {
    let IssuedForm { county, draft, .. } = issued;
    let seal = |plain: Vec<u8>| keyring.seal(&plain, county.as_bytes());
    let number_text = draft.numbering.number(number);
    sqlx::query(include_str!("sql/forms/insert_form.sql"))
        .bind(county)
        .bind(issued.form_id)
        .bind(!issued.agency.is_empty())
        .bind(draft.kind as i16)
        .bind(&draft.title)
        .bind(&draft.issuer)
        .bind(&draft.issuer_name)
        .bind(&draft.numbering.series)
        .bind(draft.year)
        .bind(number)
        .bind(&number_text)
        .bind(&draft.template_version)
        .bind(&issued.agency)
        .bind(&draft.agency_name)
        .bind(&draft.recipient_kind)
        .bind(issued.case_id)
        .bind(&issued.case_number)
        .bind(issued.level as i16)
        .bind(to_sql(issued.issued_at))
        .bind(&issued.issued_by)
        .bind(&issued.request_id)
        .bind(draft.sign_by.map(to_sql))
        .bind(draft.answer_by.map(to_sql))
        .bind(&draft.check_code)
        .bind(issued.drill)
        .bind(seal(issued.content.encode_to_vec()))
        .execute(&mut *conn)
        .await?;
    if issued.agency.is_empty() {
        return Ok(());
    }
    let told = ToldLimits::of_form(issued);
    sqlx::query(include_str!("sql/forms/insert_push.sql"))
        .bind(county)
        .bind(issued.form_id)
        .bind(&issued.case_number)
        .bind(&issued.agency)
        .bind(draft.kind as i16)
        .bind(issued.level as i16)
        .bind(&issued.content.reason)
        .bind(to_sql(issued.issued_at))
        .bind(seal(as_matter(&draft.title, &issued.content).encode_to_vec()))
        .bind(PushSubject::Form as i16)
        .bind(&number_text)
        .bind(millis(QUEUED_BY_THEN))
        .bind(issued.drill)
        .bind(draft.sign_by.map(to_sql))
        .bind(draft.answer_by.map(to_sql))
        .bind(told.first_at.map(to_sql))
        .bind(told.answer)
        .execute(conn)
        .await?;
    Ok(())
}

/// A row that has all columns of a form, and the hash of its paper.
fn form(county: &str, row: &PgRow) -> Result<StoredForm, sqlx::Error> {
    Ok(StoredForm {
        county: county.to_owned(),
        form_id: row.try_get("form_id")?,
        pushed: row.try_get("pushed")?,
        kind: rows::known(row, "kind", FormKind::try_from)?,
        title: row.try_get("title")?,
        issuer: row.try_get("issuer")?,
        issuer_name: row.try_get("issuer_name")?,
        number: row.try_get("number_text")?,
        template_version: row.try_get("template_version")?,
        agency: row.try_get("agency")?,
        agency_name: row.try_get("agency_name")?,
        recipient_kind: row.try_get("recipient_kind")?,
        case_id: row.try_get("case_id")?,
        case_number: row.try_get("case_number")?,
        level: rows::level(row)?,
        issued_at: rows::time(row, "issued_at")?,
        issued_by: row.try_get("issued_by")?,
        sign_by: rows::maybe_time(row, "sign_by")?,
        answer_by: rows::maybe_time(row, "answer_by")?,
        check_code: row.try_get("check_code")?,
        drill: row.try_get("drill")?,
        paper_sha256: row.try_get("paper_sha256")?,
    })
}

/// The columns of what a form says.
fn said(row: &PgRow) -> Result<Said, sqlx::Error> {
    if let Some(sealed) = row.try_get::<Option<Vec<u8>>, _>("sealed_content")? {
        return Ok(Said::ByHand(sealed));
    }
    Ok(Said::ByPush {
        reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
        area_name: row.try_get::<Option<String>, _>("area_name")?.unwrap_or_default(),
        sealed_matter: row.try_get::<Option<Vec<u8>>, _>("sealed_matter")?.unwrap_or_default(),
    })
}
