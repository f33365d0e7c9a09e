//! Making the paper of a form.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};
use typst::{
    Library, LibraryExt as _,
    diag::SourceDiagnostic,
    ecow::EcoVec,
    foundations::{Bytes, Datetime, Smart},
    syntax::{DiagSpanKind, Source},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::{
    FontError,
    fonts::Fonts,
    world::{FormWorld, Shared, file},
};

const TEMPLATE_NAME: &str = "template.typ";
const CONTENT_NAME: &str = "form.json";
/// So many parsed templates are kept.
const MOST_TEMPLATES: usize = 64;
/// What the compiler found out and nobody asked for in so many prints is let go.
const KEPT_PRINTS: usize = 8;
/// A form with more pages is a mistake of its template.
const MOST_PAGES: usize = 50;

/// Why a form has no paper. Says nothing of what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The fonts.
    #[error(transparent)]
    Fonts(#[from] FontError),
    /// The template does not compile, or not with this content.
    #[error("the template is wrong in line {line}: {reason}")]
    Template {
        /// Counts from 1; 0 where it is the whole.
        line: usize,
        /// What the compiler said.
        reason: String,
    },
    /// It has more pages than any form.
    #[error("the form has more than {MOST_PAGES} pages")]
    TooLong,
}

/// What is printed.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The template's text.
    pub template: &'a str,
    /// What stands in the form, as JSON; the template reads it as `form.json`.
    pub content: &'a str,
    /// When the form was issued: the PDF's own date.
    pub issued_at: Timestamp,
    /// Names the form for ever; it makes the PDF's identifier.
    pub identifier: &'a str,
}

/// A printed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
}

/// Prints forms. Made once, shared by all.
pub struct Press {
    shared: Arc<Shared>,
    /// The newest last.
    templates: Mutex<Vec<Source>>,
}

impl Press {
    /// A press with the fonts of a folder.
    ///
    /// # Errors
    /// [`FontError`]
    pub fn new(font_folder: &Path) -> Result<Self, FontError> {
        let fonts = Fonts::find(font_folder)?;
        let missing = || FontError::NotChinese(font_folder.display().to_string());
        let shared = Shared {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(fonts.book.clone()),
            fonts,
            main: file(TEMPLATE_NAME).ok_or_else(missing)?,
            content: file(CONTENT_NAME).ok_or_else(missing)?,
        };
        Ok(Self { shared: Arc::new(shared), templates: Mutex::default() })
    }

    /// Prints a form.
    ///
    /// # Errors
    /// [`PaperError`]
    pub fn print(&self, sheet: &Sheet<'_>) -> Result<Paper, PaperError> {
        let document = self.document(sheet)?;
        let options = PdfOptions {
            ident: Smart::Custom(sheet.identifier.to_owned()),
            timestamp: timestamp(sheet.issued_at),
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options).map_err(|found| said(&found, None))?;
        let pages = document.pages().len();
        comemo::evict(KEPT_PRINTS);
        Ok(Paper { pdf, pages })
    }

    /// The pages of a form, for other pictures than PDF.
    ///
    /// # Errors
    /// [`PaperError`]
    pub fn document(&self, sheet: &Sheet<'_>) -> Result<PagedDocument, PaperError> {
        let template = self.template(sheet.template);
        let world = FormWorld {
            shared: Arc::clone(&self.shared),
            template: template.clone(),
            content: Bytes::from_string(sheet.content.to_owned()),
        };
        let document: PagedDocument =
            typst::compile(&world).output.map_err(|found| said(&found, Some(&template)))?;
        if document.pages().len() > MOST_PAGES { Err(PaperError::TooLong) } else { Ok(document) }
    }

    /// A template, parsed once.
    fn template(&self, text: &str) -> Source {
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = templates.iter().find(|known| known.text() == text) {
            return known.clone();
        }
        if templates.len() >= MOST_TEMPLATES {
            templates.remove(0);
        }
        let source = Source::new(self.shared.main, text.to_owned());
        templates.push(source.clone());
        source
    }
}

impl std::fmt::Debug for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Press").finish_non_exhaustive()
    }
}

/// The first thing that is wrong. The compiler repeats values of the content in none of its messages but by type.
fn said(found: &EcoVec<SourceDiagnostic>, template: Option<&Source>) -> PaperError {
    let Some(first) = found.first() else {
        return PaperError::Template { line: 0, reason: "the compiler gave no reason".to_owned() };
    };
    let byte = template.and_then(|source| match first.span.get() {
        DiagSpanKind::Number { id, num, sub_range } if id == source.id() => source.range(num, sub_range),
        DiagSpanKind::Range { range, .. } => Some(range),
        _ => None,
    });
    let line = byte.and_then(|range| template?.lines().byte_to_line(range.start)).map_or(0, |line| line + 1);
    PaperError::Template { line, reason: first.message.to_string() }
}

/// The time as a PDF has it, in UTC.
fn timestamp(at: Timestamp) -> Option<typst_pdf::Timestamp> {
    let at = TimeZone::UTC.to_datetime(at);
    let part = |value: i8| u8::try_from(value).ok();
    let datetime = Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )?;
    Some(typst_pdf::Timestamp::new_utc(datetime))
}
