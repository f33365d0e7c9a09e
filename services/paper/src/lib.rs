//! Forms on paper: a template (typst) and what stands in it become a PDF, in this process and without files of others.
//!
//! The fonts are those of the machine, found in their folder and read when they are first used; the compiler's results
//! are reused from one form to the next and let go when they are old. The same template, content and time give the same
//! bytes. Printing works the processor for some milliseconds: call it where that holds up nobody.

mod fonts;
mod press;
mod world;

pub use fonts::{FONT_FOLDER, FontError};
pub use press::{Paper, PaperError, Press, Sheet};
