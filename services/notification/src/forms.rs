//! The forms of all counties: the form of each push, and the paper of each form.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use fengqiao_calendar::Calendar;
use fengqiao_county::{Counties, County, Mistakes};
use fengqiao_forms::CountyForms;
use fengqiao_paper::{Paper, Press, Sheet};
use fengqiao_proto::{notification::v1::FormContent, types::v1::Matter};
use fengqiao_sealing::{Keyring, SealError};
use fengqiao_serving::time::now;
use prost::Message as _;
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

use crate::{
    domain::{
        form::{CountyOffice, FormDraft, StoredForm},
        limit::ToldLimits,
        push::RequestedPush,
    },
    error::NotificationError,
    store::{KeptPaper, Store},
};

/// So many papers are made at the same time: it is work for the processor, and pushes come first.
const PAPERS_AT_ONCE: usize = 2;
/// A caller waits so long for a paper, its turn included.
const PAPER_TIMEOUT: Duration = Duration::from_secs(15);

/// The forms of all counties.
pub struct Forms {
    counties: HashMap<String, CountyOffice>,
    keyring: Arc<Keyring>,
    store: Store,
    /// None where the machine has no Chinese fonts: forms are issued and pushed all the same.
    press: Option<Arc<Press>>,
    turns: Semaphore,
}

impl Forms {
    /// Reads the forms of all counties.
    ///
    /// # Errors
    /// All mistakes in the counties' files of forms.
    pub fn load(
        counties: &Counties,
        keyring: Arc<Keyring>,
        store: Store,
        press: Option<Arc<Press>>,
    ) -> Result<Self, Mistakes> {
        let mut offices = HashMap::new();
        let mut mistakes = Vec::new();
        for county in counties.iter() {
            match office(county) {
                Ok(office) => drop(offices.insert(county.code.clone(), office)),
                Err(found) => mistakes.extend(found.0),
            }
        }
        if mistakes.is_empty() {
            Ok(Self { counties: offices, keyring, store, press, turns: Semaphore::new(PAPERS_AT_ONCE) })
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// Keeps each template that is in use under its version.
    ///
    /// # Errors
    /// [`NotificationError::TemplateChanged`] where a version was another text before, or of the database.
    pub async fn keep_templates(&self) -> Result<(), NotificationError> {
        for (county, office) in &self.counties {
            for rule in office.forms.rules() {
                self.store.keep_template(county, rule.kind, &rule.template).await?;
            }
        }
        Ok(())
    }

    /// What decides about a county's forms.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`] where the county is not served here.
    pub fn of(&self, county: &str) -> Result<&CountyOffice, NotificationError> {
        self.counties.get(county).ok_or(NotificationError::NoSuchForm)
    }

    /// Makes a push what its recipient gets, once and for every way that it goes: without what recipients of its kind do
    /// not see. Returns its form; none where the county has no such form.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`]: another process has read a newer key already. A matter that does not open otherwise is
    /// not sent to who may not see all of it.
    pub fn dress(&self, push: &mut RequestedPush) -> Result<Option<FormDraft>, SealError> {
        let Some(office) = self.counties.get(&push.county) else { return Ok(None) };
        let recipient = office.forms.recipient(&push.agency, &push.agency_kind);
        if !recipient.sees_all() && !push.sealed_matter.is_empty() {
            let matter = match self.keyring.open(&push.sealed_matter, push.county.as_bytes()) {
                Ok(plain) => Matter::decode(plain.as_slice()).unwrap_or_default(),
                Err(error @ SealError::UnknownKey(_)) => return Err(error),
                Err(_) => Matter::default(),
            };
            let seen = recipient.seen(matter).encode_to_vec();
            push.sealed_matter = self.keyring.seal(&seen, push.county.as_bytes());
        }
        let draft = office.form_of_push(push, rand::random());
        if let Some(draft) = &draft {
            // Before routing's own limits are one with the form's.
            push.told = ToldLimits::of_push(push, draft);
            (push.sign_by, push.answer_by) = (draft.sign_by, draft.answer_by);
        }
        Ok(draft)
    }

    /// A form with what it says to its recipient.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchForm`], of the database, or where what it says does not open.
    pub async fn read(
        &self,
        county: &str,
        form_id: Uuid,
    ) -> Result<(StoredForm, FormContent), NotificationError> {
        let (form, said) = self.store.form(county, form_id).await?;
        let content = said.open(&self.keyring, county)?;
        Ok((form, content))
    }

    /// The paper of a form: made when it is first asked for, and then the same for ever.
    ///
    /// # Errors
    /// [`NotificationError::NoFonts`], [`NotificationError::Paper`], [`NotificationError::Late`], or as [`Self::read`].
    pub async fn paper(
        &self,
        form: &StoredForm,
        content: &FormContent,
    ) -> Result<KeptPaper, NotificationError> {
        if let Some(kept) = self.store.paper(&form.county, form.form_id, &self.keyring).await? {
            return Ok(kept);
        }
        let template = self.store.template(&form.county, form.kind, &form.template_version).await?;
        let paper = self.print_with(&template, form, content).await?;
        self.store.keep_paper(&form.county, form.form_id, &paper, now(), &self.keyring).await?;
        // Another may have been faster: what is kept is what is handed out.
        let kept = self.store.paper(&form.county, form.form_id, &self.keyring).await?;
        kept.ok_or(NotificationError::NoSuchForm)
    }

    /// A form printed with a template of one's own, which is not kept.
    ///
    /// # Errors
    /// As [`Self::paper`].
    pub async fn print_with(
        &self,
        template: &str,
        form: &StoredForm,
        content: &FormContent,
    ) -> Result<Paper, NotificationError> {
        let zone = &self.of(&form.county)?.zone;
        self.print(template.to_owned(), form, form.on_paper(content, zone).to_string()).await
    }

    /// The press, for another county's forms.
    #[must_use]
    pub fn shared_press(&self) -> Option<Arc<Press>> {
        self.press.clone()
    }

    async fn print(
        &self,
        template: String,
        form: &StoredForm,
        content: String,
    ) -> Result<Paper, NotificationError> {
        const OPERATION: &str = "print a form";
        let press = Arc::clone(self.press.as_ref().ok_or(NotificationError::NoFonts)?);
        let (issued_at, identifier) = (form.issued_at, form.form_id.to_string());
        let printed = async {
            let _turn = self.turns.acquire().await.map_err(|_| NotificationError::Stopping)?;
            let print = move || {
                press.print(&Sheet {
                    template: &template,
                    content: &content,
                    issued_at,
                    identifier: &identifier,
                })
            };
            let printed =
                tokio::task::spawn_blocking(print).await.map_err(|_| NotificationError::Stopping)?;
            Ok(printed?)
        };
        timeout(PAPER_TIMEOUT, printed).await.unwrap_or(Err(NotificationError::Late(OPERATION)))
    }
}

fn office(county: &County) -> Result<CountyOffice, Mistakes> {
    let desk = county.settings.centre_desk.clone();
    Ok(CountyOffice {
        forms: CountyForms::load(&county.folder, &desk, &county.name)?,
        calendar: Calendar::load(&county.folder)?,
        zone: county.time_zone.clone(),
        desk,
    })
}

/// The press with the fonts of a folder; none, and a warning, where it has none for Chinese.
#[must_use]
pub fn press(font_folder: &Path) -> Option<Arc<Press>> {
    match Press::new(font_folder) {
        Ok(press) => Some(Arc::new(press)),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "forms are not printed");
            None
        }
    }
}
