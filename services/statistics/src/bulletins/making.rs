//! Making a bulletin: looked up, composed, printed, kept and sent, all or nothing.

use std::{sync::Arc, time::Duration};

use fengqiao_messaging::Event;
use fengqiao_paper::{Press, Sheet};
use fengqiao_proto::statistics::v1::{BulletinFormat, BulletinMade};
use fengqiao_serving::time::to_proto;
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

use super::{BulletinCounties, BulletinCounty, looking_up::LookingUp, workbook::workbook};
use crate::{
    answering::Answers,
    board::bulletin::{hexadecimal, link},
    domain::bulletin::{
        page::{Around, Composed, Page, Scope, compose},
        template::Template,
        text::Only,
    },
    error::StatisticsError,
    store::{Bulletin, BulletinFile, Bulletins},
};

/// The kind of event that this sends.
pub const BULLETIN_MADE: &str = "fengqiao.statistics.v1.BulletinMade";
/// So many are made at once: it is work for the processor, and questions come first.
const AT_ONCE: usize = 1;
/// Making one takes no longer, the wait for its turn included.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a bulletin says in short is no longer.
const LONGEST_SUMMARY: usize = 1_000;

/// Makes bulletins.
pub struct Maker {
    answers: Arc<Answers>,
    counties: Arc<BulletinCounties>,
    /// None where the machine has no Chinese fonts: then none is made.
    press: Option<Arc<Press>>,
    store: Bulletins,
    /// The board's address as people type it, where it has one.
    board: Option<String>,
    turns: Semaphore,
}

/// Which bulletin is to be made.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Of which kind.
    pub template: &'a Template,
    /// Of what.
    pub scope: Scope,
    /// Who asked for it; empty where the calendar does.
    pub by: &'a str,
    /// Makes it repeatable; empty where the calendar asks.
    pub request_id: &'a str,
    /// Whether the kind's agencies get it.
    pub push: bool,
}

impl Maker {
    /// With what answers, the templates, the press, where bulletins are kept, and the address of the board that shows them.
    pub fn new(
        answers: Arc<Answers>,
        counties: Arc<BulletinCounties>,
        press: Option<Arc<Press>>,
        store: Bulletins,
        board: Option<String>,
    ) -> Self {
        Self { answers, counties, press, store, board, turns: Semaphore::new(AT_ONCE) }
    }

    /// The counties' templates.
    pub fn counties(&self) -> &BulletinCounties {
        &self.counties
    }

    /// Whether the machine has what bulletins are printed with.
    pub fn prints(&self) -> bool {
        self.press.is_some()
    }

    /// Where bulletins are kept.
    pub fn store(&self) -> &Bulletins {
        &self.store
    }

    /// What answers.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Makes a bulletin of what is known at a moment, unless it is there already. Returns the one that is kept, and whether
    /// it is new.
    ///
    /// # Errors
    /// [`StatisticsError::NoFonts`], [`StatisticsError::Paper`], [`StatisticsError::TooSlow`], or of a question or the
    /// store.
    pub async fn make(
        &self,
        place: &BulletinCounty,
        order: &Order<'_>,
        at: Timestamp,
    ) -> Result<(Bulletin, bool), StatisticsError> {
        let making = async {
            let _turn = self.turns.acquire().await.map_err(|_| StatisticsError::Busy)?;
            let county = &place.county.code;
            if let Some(known) = self.store.same(county, order).await? {
                return Ok((known, false));
            }
            let bulletin_id = Uuid::now_v7();
            let Composed { page, told } = self.composed(place, order, at).await?;
            let files = self.files(place, &page, bulletin_id, at).await?;
            let bulletin = Bulletin {
                bulletin_id,
                kind: order.template.kind.clone(),
                title: format!("{}（{}）", page.title, page.period),
                days: order.scope.days,
                area_code: order.scope.only.area.clone(),
                category: order.scope.only.category.clone(),
                summary: page.summary.chars().take(LONGEST_SUMMARY).collect(),
                made_at: at,
                made_by: order.by.to_owned(),
                request_id: order.request_id.to_owned(),
                agencies: if order.push { order.template.agencies.clone() } else { Vec::new() },
                said: said(&page),
                figures: told,
                template_sha256: order.template.sha256.to_vec(),
                files: files.iter().map(BulletinFile::about).collect(),
            };
            let event = event(county, &bulletin, &files, self.board.as_deref());
            if self.store.keep(county, &bulletin, &files, event).await? {
                return Ok((bulletin, true));
            }
            // Another process was quicker.
            let known = self.store.same(county, order).await?;
            known.map(|known| (known, false)).ok_or(StatisticsError::Overtaken)
        };
        timeout(PATIENCE, making).await.map_err(|_| StatisticsError::TooSlow)?
    }

    /// What a bulletin says.
    ///
    /// # Errors
    /// [`StatisticsError`] of a question.
    pub async fn composed(
        &self,
        place: &BulletinCounty,
        order: &Order<'_>,
        at: Timestamp,
    ) -> Result<Composed, StatisticsError> {
        let (template, scope) = (order.template, &order.scope);
        let looking = LookingUp { answers: &self.answers, place, template, scope, at };
        let found = looking.all().await?;
        let county = &place.county;
        let catalogue = self.answers.county(&county.code)?.catalogue;
        let local = county.time_zone.to_datetime(at);
        let issuer = place.agencies.get(&county.settings.centre_desk).unwrap_or(&county.name);
        let around = Around {
            catalogue,
            issuer: issuer.clone(),
            county: county.name.clone(),
            place: place_name(place, &scope.only),
            made: local.strftime("%Y年%-m月%-d日%H时%M分").to_string(),
            known_at: at.to_string(),
        };
        Ok(compose(template, scope, &found, &around))
    }

    /// Both files of a page.
    async fn files(
        &self,
        place: &BulletinCounty,
        page: &Page,
        bulletin_id: Uuid,
        at: Timestamp,
    ) -> Result<Vec<BulletinFile>, StatisticsError> {
        let press = Arc::clone(self.press.as_ref().ok_or(StatisticsError::NoFonts)?);
        let (page, look) = (page.clone(), place.bulletins.look.clone());
        let working = move || -> Result<Vec<BulletinFile>, StatisticsError> {
            let content = serde_json::to_string(&page).map_err(|_| StatisticsError::Workbook)?;
            let identifier = bulletin_id.to_string();
            let sheet = Sheet { template: &look, content: &content, issued_at: at, identifier: &identifier };
            let paper = press.print(&sheet)?;
            let book = workbook(&page, at).map_err(|_| StatisticsError::Workbook)?;
            Ok(vec![
                BulletinFile::new(BulletinFormat::Pdf, paper.pdf),
                BulletinFile::new(BulletinFormat::Xlsx, book),
            ])
        };
        tokio::task::spawn_blocking(working).await.map_err(|_| StatisticsError::Busy)?
    }
}

impl BulletinFile {
    fn new(format: BulletinFormat, content: Vec<u8>) -> Self {
        let sha256 = Sha256::digest(&content).to_vec();
        Self { format, sha256, length: i64::try_from(content.len()).unwrap_or(i64::MAX), content }
    }

    /// The same without its bytes.
    fn about(&self) -> Self {
        Self { content: Vec::new(), ..self.clone() }
    }
}

/// The name of what a bulletin is of.
fn place_name(place: &BulletinCounty, only: &Only) -> String {
    let county = &place.county;
    let area = Some(county.areas.now().name_path(&only.area)).filter(|name| !name.is_empty());
    let category = county.categories.all().iter().find(|category| category.code == only.category);
    match (area, category.map(|category| category.name.as_str())) {
        (None, None) => county.name.clone(),
        (Some(area), None) => area,
        (None, Some(category)) => format!("{}{category}类", county.name),
        (Some(area), Some(category)) => format!("{area}{category}类"),
    }
}

fn said(page: &Page) -> Vec<String> {
    let sections = page.sections.iter();
    sections
        .flat_map(|section| std::iter::once(&section.heading).chain(&section.paragraphs).cloned())
        .collect()
}

/// The event for those who get it; none where nobody does.
fn event(county: &str, bulletin: &Bulletin, files: &[BulletinFile], board: Option<&str>) -> Option<Event> {
    debug_assert_eq!(BULLETIN_MADE, BulletinMade::full_name());
    let pdf = files.iter().find(|file| file.format == BulletinFormat::Pdf)?;
    let link = board.map(|board| link(board, county, bulletin.bulletin_id, &pdf.sha256));
    let made = BulletinMade {
        bulletin_id: bulletin.bulletin_id.to_string(),
        kind: bulletin.kind.clone(),
        title: bulletin.title.clone(),
        summary: bulletin.summary.clone(),
        agencies: bulletin.agencies.clone(),
        sha256: hexadecimal(&pdf.sha256),
        made_at: Some(to_proto(bulletin.made_at)),
        link: link.unwrap_or_default(),
    };
    (!made.agencies.is_empty()).then(|| Event {
        kind: BULLETIN_MADE,
        payload: made.encode_to_vec(),
        trace: None,
    })
}
