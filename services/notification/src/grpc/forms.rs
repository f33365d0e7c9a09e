//! The face of forms: issuing, reading, listing, printing and checking them. An agency sees its own.

use std::{collections::BTreeSet, sync::Arc};

use fengqiao_access::principal;
use fengqiao_forms::{DataClass, FormRule, LevelLimits};
use fengqiao_masking::{Telling, mask, mask_only};
use fengqiao_proto::{
    notification::v1::{
        Form, FormContent, FormField, FormFieldRule, FormKindRule, FormLimit, GetFormPaperRequest,
        GetFormPaperResponse, GetFormRequest, GetFormResponse, IssueFormRequest, IssueFormResponse,
        ListFormKindsRequest, ListFormKindsResponse, ListFormsRequest, ListFormsResponse, ReadPart,
        RecallFormRequest, RecallFormResponse, RecipientRule, VerifyFormRequest, VerifyFormResponse,
        form_service_server::FormService,
    },
    types::v1::{FormKind, Level, Role},
};
use fengqiao_serving::{
    paging,
    time::{now, to_proto},
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    checks::Checks,
    protected::keep_reading,
    reading::{LARGEST_PAGE, USUAL_PAGE, whose},
    status,
};
use crate::{
    answering::has_length,
    delivery::Delivery,
    domain::form::{CountyOffice, IssuedForm, StoredForm, grouped, typed_code},
    error::NotificationError,
    forms::Forms,
    store::{FormPlace, WhichForms},
};

const REQUEST_ID: usize = 64;
const ADDRESSEE: usize = 80;
const CASE_NUMBER: usize = 64;
const REASON: usize = 200;
const RECALL_REASON: usize = 500;
const FIELD_TEXT: usize = 4_000;
const SHA256_BYTES: usize = 32;

/// The service of the contract.
#[derive(Clone)]
pub struct FormFace {
    delivery: Arc<Delivery>,
    forms: Arc<Forms>,
}

impl FormFace {
    /// A face on these stores and forms.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, forms: Arc<Forms>) -> Self {
        Self { delivery, forms }
    }

    /// A form that a caller may see, with what it says; that it is read is kept where its case is protected.
    async fn seen<T>(
        &self,
        request: &Request<T>,
        (county, form_id): (&str, &str),
        part: ReadPart,
        purpose: &str,
    ) -> Result<(StoredForm, FormContent), NotificationError> {
        let mut checks = Checks::default();
        let form_id = checks.uuid(form_id, "formId");
        checks.done()?;
        let (form, content) = self.forms.read(county, form_id).await?;
        let who = principal(request).map_err(|_| NotificationError::NoSuchForm)?;
        if who.role == Role::Agency && who.agency.as_deref() != Some(form.agency.as_str()) {
            return Err(NotificationError::NoSuchForm);
        }
        keep_reading(&self.delivery, who, (county, form.form_id), part, purpose).await?;
        Ok((form, content))
    }

    async fn issue(&self, issued: &IssuedForm) -> Result<Form, NotificationError> {
        let form = self.delivery.issue(issued).await?;
        Ok(on_the_wire(&form, Some(issued.content.clone())))
    }
}

#[tonic::async_trait]
impl FormService for FormFace {
    async fn issue_form(
        &self,
        request: Request<IssueFormRequest>,
    ) -> Result<Response<IssueFormResponse>, Status> {
        const OPERATION: &str = "issuing the form";
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let issued =
            self.forms.of(county).and_then(|office| to_issue(office, county, asked, &who.name, now()));
        let form =
            self.issue(&issued.map_err(status::of(OPERATION))?).await.map_err(status::of(OPERATION))?;
        Ok(Response::new(IssueFormResponse { form: Some(form) }))
    }

    async fn recall_form(
        &self,
        request: Request<RecallFormRequest>,
    ) -> Result<Response<RecallFormResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let recalled = async {
            let mut checks = Checks::default();
            let form_id = checks.uuid(&asked.form_id, "formId");
            checks.hold(
                has_length(&asked.reason, 1..=RECALL_REASON) && !asked.reason.trim().is_empty(),
                "reason",
                "1 to 500 characters",
            );
            checks.done()?;
            let reason = self.delivery.keyring.seal(asked.reason.as_bytes(), county.as_bytes());
            let agency = self.delivery.store.recall_form(county, form_id, &reason, &who.name, now()).await?;
            self.delivery.recalled(county, &agency, &[form_id]);
            Ok(())
        };
        recalled.await.map_err(status::of("recalling the form"))?;
        Ok(Response::new(RecallFormResponse {}))
    }

    async fn get_form(&self, request: Request<GetFormRequest>) -> Result<Response<GetFormResponse>, Status> {
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let found = self.seen(&request, (county, &asked.form_id), ReadPart::Form, &asked.purpose);
        let (form, content) = found.await.map_err(status::of("reading the form"))?;
        Ok(Response::new(GetFormResponse { form: Some(on_the_wire(&form, Some(content))) }))
    }

    async fn list_forms(
        &self,
        request: Request<ListFormsRequest>,
    ) -> Result<Response<ListFormsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let agency = whose(who, &asked.agency)?;
        let found = async {
            let mut checks = Checks::default();
            let case_id = (!asked.case_id.is_empty()).then(|| checks.uuid(&asked.case_id, "caseId"));
            let kind = FormKind::try_from(asked.kind);
            checks.hold(kind.is_ok(), "kind", "must be a kind that the contract names");
            let after = paging::read::<FormPlace>(&asked.page_token);
            checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
            checks.done()?;
            let kind = kind.ok().filter(|kind| *kind != FormKind::Unspecified);
            let which = WhichForms { agency, case_id, kind };
            let after = after.ok().flatten().unwrap_or_else(FormPlace::start);
            let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
            let mut page = self.delivery.store.list_forms(county, &which, &after, size + 1).await?;
            let more = paging::cut(&mut page, size, |_| 0);
            let next_page_token =
                page.last().filter(|_| more).map(|last| paging::write(&FormPlace::at(last)));
            let forms = page.iter().map(|form| on_the_wire(form, None)).collect();
            Ok::<_, NotificationError>(ListFormsResponse {
                forms,
                next_page_token: next_page_token.unwrap_or_default(),
            })
        };
        found.await.map(Response::new).map_err(status::of("listing forms"))
    }

    async fn list_form_kinds(
        &self,
        request: Request<ListFormKindsRequest>,
    ) -> Result<Response<ListFormKindsResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let office = self.forms.of(county).map_err(status::of("listing the kinds of forms"))?;
        Ok(Response::new(kinds(office, now())))
    }

    async fn get_form_paper(
        &self,
        request: Request<GetFormPaperRequest>,
    ) -> Result<Response<GetFormPaperResponse>, Status> {
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let paper = async {
            let wanted = (county, asked.form_id.as_str());
            let (form, content) = self.seen(&request, wanted, ReadPart::Paper, &asked.purpose).await?;
            self.forms.paper(&form, &content).await
        };
        let paper = paper.await.map_err(status::of("printing the form"))?;
        Ok(Response::new(GetFormPaperResponse { pdf: paper.pdf, sha256: paper.sha256, pages: paper.pages }))
    }

    async fn verify_form(
        &self,
        request: Request<VerifyFormRequest>,
    ) -> Result<Response<VerifyFormResponse>, Status> {
        let asked = request.get_ref();
        let county = principal(&request)?.county_of(&asked.county)?;
        let found = async {
            let mut checks = Checks::default();
            let code = typed_code(&asked.check_code);
            checks.hold(code.is_some(), "checkCode", "must be 12 letters and digits, as on the paper");
            let fits = asked.sha256.is_empty() || asked.sha256.len() == SHA256_BYTES;
            checks.hold(fits, "sha256", "must have 32 bytes, or none");
            checks.done()?;
            self.delivery.store.form_of_code(county, &code.unwrap_or_default()).await
        };
        let form = found.await.map_err(status::of("checking the form"))?;
        let asked_about = !asked.sha256.is_empty();
        let same_paper = form.paper_sha256.filter(|_| asked_about).map(|kept| kept == asked.sha256);
        Ok(Response::new(VerifyFormResponse {
            kind: form.kind.into(),
            title: form.title,
            number: form.number,
            issuer_name: form.issuer_name,
            addressee: form.agency_name,
            issued_at: Some(to_proto(form.issued_at)),
            drill: form.drill,
            same_paper,
        }))
    }
}

/// What is to be issued, checked against the county's kinds.
fn to_issue(
    office: &CountyOffice,
    county: &str,
    asked: &IssueFormRequest,
    issued_by: &str,
    at: Timestamp,
) -> Result<IssuedForm, NotificationError> {
    let mut checks = Checks::default();
    checks.hold(has_length(&asked.request_id, 1..=REQUEST_ID), "requestId", "1 to 64 characters");
    checks.hold(has_length(&asked.addressee, 0..=ADDRESSEE), "addressee", "at most 80 characters");
    checks.hold(has_length(&asked.case_number, 0..=CASE_NUMBER), "caseNumber", "at most 64 characters");
    checks.hold(has_length(&asked.reason, 0..=REASON), "reason", "at most 200 characters");
    let case_id = (!asked.case_id.is_empty()).then(|| checks.uuid(&asked.case_id, "caseId"));
    let level = match Level::try_from(asked.level) {
        Ok(Level::Unspecified) => Level::Yellow,
        Ok(level) => level,
        Err(_) => {
            checks.wrong("level", "must be a level that the contract names");
            Level::Yellow
        }
    };
    let issuer = if asked.issuer.is_empty() { office.desk.as_str() } else { asked.issuer.as_str() };
    checks.hold(
        office.forms.issuer(issuer).is_some(),
        "issuer",
        "must be one of the county's issuers of forms",
    );
    let rule = FormKind::try_from(asked.kind).ok().and_then(|kind| office.forms.rule(kind));
    let rule = rule.filter(|rule| rule.by_hand);
    checks.hold(rule.is_some(), "kind", "must be a kind that is issued by hand");
    let agency = office.forms.agency(&asked.agency);
    match (asked.agency.is_empty(), asked.addressee.trim().is_empty()) {
        (true, true) => checks.wrong("addressee", "either an agency or an addressee is needed"),
        (false, _) => checks.hold(agency.is_some(), "agency", "must be an agency of the county"),
        (true, false) => {}
    }
    let recipient = if asked.agency.is_empty() {
        office.forms.recipients.outside()
    } else {
        office.forms.recipient(&asked.agency, "")
    };
    let Some(rule) = rule else { return Err(checks.done().err().unwrap_or(NotificationError::NoSuchForm)) };
    if !rule.goes_to(&recipient.name) {
        checks.wrong("agency", format!("recipients of the kind {} do not get this form", recipient.name));
    }
    let fields = fields(rule, &asked.fields, |class| recipient.sees.contains(&class), &mut checks);
    if !asked.agency.is_empty() {
        hides_from(&recipient.sees, &fields, &mut checks);
    }
    checks.done()?;
    let named = agency.map_or("", |agency| agency.name.as_str());
    let agency_name =
        if asked.agency.is_empty() || asked.addressee.is_empty() { named } else { asked.addressee.as_str() };
    let draft = office.draft(rule, issuer, agency_name, recipient, level, at, rand::random());
    Ok(IssuedForm {
        county: county.to_owned(),
        form_id: Uuid::now_v7(),
        draft: draft.ok_or(NotificationError::NoSuchForm)?,
        agency: asked.agency.clone(),
        case_id,
        case_number: asked.case_number.clone(),
        level,
        issued_at: at,
        issued_by: issued_by.to_owned(),
        request_id: asked.request_id.clone(),
        drill: asked.drill,
        content: FormContent {
            // It stands in lists.
            reason: mask(&asked.reason, &[]),
            fields,
            addressee: if asked.agency.is_empty() { asked.addressee.clone() } else { String::new() },
            ..FormContent::default()
        },
    })
}

/// The fields of the kind, in its order, with its labels.
fn fields(
    rule: &FormRule,
    given: &[FormField],
    sees: impl Fn(fengqiao_forms::DataClass) -> bool,
    checks: &mut Checks,
) -> Vec<FormField> {
    for (place, field) in given.iter().enumerate() {
        let known = rule.fields.iter().any(|known| known.key == field.key);
        if !known {
            let keys: Vec<&str> = rule.fields.iter().map(|known| known.key.as_str()).collect();
            checks.wrong("fields", format!("the {}. is none of the kind's: {}", place + 1, keys.join(", ")));
        }
        if given[..place].iter().any(|before| before.key == field.key) {
            checks.wrong("fields", format!("the {}. is there twice", place + 1));
        }
        if !has_length(&field.text, 1..=FIELD_TEXT) || field.text.trim().is_empty() {
            checks.wrong("fields", format!("the text of the {}. has 1 to 4,000 characters", place + 1));
        }
    }
    let mut fields = Vec::with_capacity(given.len());
    for known in &rule.fields {
        let Some(field) = given.iter().find(|field| field.key == known.key) else {
            if known.required {
                checks.wrong("fields", format!("{} ({}) is needed", known.key, known.label));
            }
            continue;
        };
        if let Some(class) = known.class.filter(|class| !sees(*class)) {
            let reason =
                format!("{} is {}, which the recipient does not see: leave it out", known.key, class.word());
            checks.wrong("fields", reason);
        }
        fields.push(FormField {
            key: known.key.clone(),
            label: known.label.clone(),
            text: field.text.clone(),
        });
    }
    fields
}

/// No text may bring an agency the numbers that agencies of its kind do not see. Who is no agency reads of its own matter.
fn hides_from(sees: &BTreeSet<DataClass>, fields: &[FormField], checks: &mut Checks) {
    let hidden = [(DataClass::Phone, Telling::Contact), (DataClass::IdNumber, Telling::Identity)]
        .into_iter()
        .filter(|(class, _)| !sees.contains(class));
    for (class, telling) in hidden {
        for field in fields.iter().filter(|field| mask_only(&field.text, &[], &[telling]) != field.text) {
            let reason = format!(
                "the text of {} holds {}, which the recipient does not see: leave it out",
                field.key,
                class.word()
            );
            checks.wrong("fields", reason);
        }
    }
}

fn on_the_wire(form: &StoredForm, content: Option<FormContent>) -> Form {
    let addressee = match &content {
        Some(content) if form.agency.is_empty() => content.addressee.clone(),
        _ => form.agency_name.clone(),
    };
    Form {
        county: form.county.clone(),
        form_id: form.form_id.to_string(),
        pushed: form.pushed,
        kind: form.kind.into(),
        title: form.title.clone(),
        number: form.number.clone(),
        issuer: form.issuer.clone(),
        template_version: form.template_version.clone(),
        agency: form.agency.clone(),
        addressee,
        recipient_kind: form.recipient_kind.clone(),
        case_id: form.case_id.map(|id| id.to_string()).unwrap_or_default(),
        case_number: form.case_number.clone(),
        level: form.level.into(),
        issued_at: Some(to_proto(form.issued_at)),
        issued_by: form.issued_by.clone(),
        sign_by: form.sign_by.map(to_proto),
        answer_by: form.answer_by.map(to_proto),
        check_code: grouped(&form.check_code),
        paper_sha256: form.paper_sha256.clone().unwrap_or_default(),
        drill: form.drill,
        content,
    }
}

fn kinds(office: &CountyOffice, at: Timestamp) -> ListFormKindsResponse {
    let year = office.zone.to_datetime(at).year();
    let first = |rule: &FormRule| office.forms.numbering(rule.kind, &office.desk, year);
    let kinds = office.forms.rules().map(|rule| FormKindRule {
        kind: rule.kind.into(),
        title: rule.title.clone(),
        first_number: first(rule).map(|numbering| numbering.number(1)).unwrap_or_default(),
        template_version: rule.template.version.clone(),
        by_hand: rule.by_hand,
        fields: rule
            .fields
            .iter()
            .map(|field| FormFieldRule {
                key: field.key.clone(),
                label: field.label.clone(),
                required: field.required,
                data_class: field.class.map(|class| class.word().to_owned()).unwrap_or_default(),
            })
            .collect(),
        recipients: rule.recipients.iter().cloned().collect(),
        sign_within: limits(&rule.sign),
        answer_within: limits(&rule.answer),
    });
    let recipients = office.forms.recipients.all().map(|kind| RecipientRule {
        name: kind.name.clone(),
        agencies: kind.agencies.iter().cloned().collect(),
        directory_kinds: kind.directory_kinds.iter().map(|kind| kind.word().to_owned()).collect(),
        sees: kind.sees.iter().map(|class| class.word().to_owned()).collect(),
    });
    ListFormKindsResponse {
        version: office.forms.version.clone(),
        kinds: kinds.collect(),
        recipients: recipients.collect(),
    }
}

fn limits(limits: &LevelLimits) -> Vec<FormLimit> {
    let limit = |(level, limit): (Level, fengqiao_calendar::Limit)| FormLimit {
        level: level.into(),
        limit: limit.into(),
    };
    limits.all().map(limit).collect()
}
