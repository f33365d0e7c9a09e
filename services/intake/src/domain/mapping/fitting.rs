//! Texts that are longer than the contract has room for, or on more lines. A source's form knows nothing of that, and a
//! ticket or a press is not refused for it: what fits is set, and the whole is kept as the source's own field.

use super::text;
use crate::domain::{
    details::{DEVICE_LENGTH, hotline_ticket as ticket},
    validation,
};

/// How much room there is.
#[derive(Clone, Copy)]
enum Room {
    /// One line of so many characters.
    Line(usize),
    /// So many characters, on several lines too.
    Lines(usize),
}

use Room::{Line, Lines};

const ROOMS: &[(&str, Room)] = &[
    ("title", Line(validation::TITLE_LENGTH)),
    ("need", Lines(validation::NEED_LENGTH)),
    ("safeContactTime", Line(validation::SAFE_CONTACT_LENGTH)),
    ("details.device", Line(DEVICE_LENGTH)),
    ("details.hotlineTicket.channel", Line(ticket::SHORT_LENGTH)),
    ("details.hotlineTicket.requestKind", Line(ticket::SHORT_LENGTH)),
    ("details.hotlineTicket.takenBy", Line(ticket::SHORT_LENGTH)),
    ("details.hotlineTicket.unsolvedReason", Lines(ticket::REASON_LENGTH)),
    ("details.hotlineTicket.handling", Lines(ticket::LONG_LENGTH)),
    ("details.hotlineTicket.publicReply", Lines(ticket::LONG_LENGTH)),
    ("details.hotlineTicket.applicationKind", Line(ticket::SHORT_LENGTH)),
    ("details.hotlineTicket.handlers.unit", Line(ticket::UNIT_LENGTH)),
    ("details.hotlineTicket.transfers.from", Line(ticket::UNIT_LENGTH)),
    ("details.hotlineTicket.transfers.to", Line(ticket::UNIT_LENGTH)),
    ("details.hotlineTicket.transfers.by", Line(validation::NAME_LENGTH)),
    ("details.hotlineTicket.transfers.words", Lines(ticket::WORDS_LENGTH)),
    ("details.hotlineTicket.attachments.name", Line(ticket::ATTACHMENT_NAME_LENGTH)),
    ("details.hotlineTicket.attachments.kind", Line(ticket::SHORT_LENGTH)),
    ("details.hotlineTicket.attachments.location", Line(ticket::LOCATION_LENGTH)),
    ("details.hotlineTicket.stages.words", Lines(ticket::WORDS_LENGTH)),
];

/// What fits of a text at a path; nothing where all of it does.
pub(super) fn cut(path: &str, said: &str) -> Option<String> {
    match ROOMS.iter().find(|(known, _)| *known == path).map(|(_, room)| *room)? {
        Line(most) if text::single_line(said, most).is_err() => Some(on_one_line(said, most)),
        // What holds control characters is refused wherever it is kept.
        Lines(most) if said.chars().count() > most => Some(shortened(said, most)),
        Line(_) | Lines(_) => None,
    }
}

/// A text on one line, cut where it is too long.
pub(super) fn on_one_line(said: &str, most: usize) -> String {
    let line: String = text::on_one_line(said).take(most + 1).collect();
    shortened(line.trim(), most)
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_as_it_is_and_what_does_not_is_cut() {
        assert_eq!(cut("need", "暂住\n一周"), None);
        assert_eq!(cut("need", &"住".repeat(501)).unwrap().chars().count(), 500);
        assert_eq!(cut("details.hotlineTicket.channel", "电话\n转接").unwrap(), "电话 转接");
        assert_eq!(cut("details.hotlineTicket.handlers.unit", &"局".repeat(65)).unwrap().chars().count(), 64);
        assert_eq!(cut("narrative", &"字".repeat(20_000)), None, "that is refused by its name");
    }
}
