//! What may be handed in as a file: how large, of which kind, under what name.

/// A push has at most so many files.
pub const MOST_OF_PUSH: i64 = 50;
/// The longest name of a file, in characters.
pub const MOST_NAME: usize = 200;
/// A file is kept in pieces of so many bytes; the last one may be shorter.
pub const PIECE_BYTES: usize = 512 * 1024;

/// Where a body's pieces lie. The numbers stand in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePlace {
    /// In Postgres.
    Database = 1,
    /// In an object store.
    Objects = 2,
}

/// A number that stands for no place.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no place of files")]
pub struct UnknownPlace(i32);

impl TryFrom<i32> for FilePlace {
    type Error = UnknownPlace;

    fn try_from(number: i32) -> Result<Self, UnknownPlace> {
        match number {
            1 => Ok(Self::Database),
            2 => Ok(Self::Objects),
            other => Err(UnknownPlace(other)),
        }
    }
}

/// What agencies hand in: photos, scans and documents, recordings. Nothing that runs, no archives, no pages. The second
/// is the ending under which it is given out again.
const TAKEN: &[(&str, &str)] = &[
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("image/heif", "heic"),
    ("application/pdf", "pdf"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("audio/mpeg", "mp3"),
    ("audio/m4a", "m4a"),
    ("audio/amr", "amr"),
    ("audio/x-wav", "wav"),
    ("video/mp4", "mp4"),
];

/// What a file is, by how its content begins; none where it is not taken. The name has no say.
#[must_use]
pub fn media_type(head: &[u8]) -> Option<&'static str> {
    let found = infer::get(head)?.mime_type();
    TAKEN.iter().map(|(taken, _)| *taken).find(|taken| *taken == found)
}

/// A name under which a file may be given out: no path, no control characters, and the ending of what it is.
#[must_use]
pub fn name_for_download(name: &str, media_type: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let stem: String =
        stem.chars().filter(|c| !c.is_control() && !"\"<>|:*?".contains(*c)).take(80).collect();
    let stem = if stem.trim_matches(['.', ' ']).is_empty() { "attachment".to_owned() } else { stem };
    let ending = TAKEN.iter().find(|(taken, _)| *taken == media_type).map_or("bin", |(_, ending)| ending);
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_is_found_by_the_content() {
        assert_eq!(media_type(b"\xFF\xD8\xFF\xE0\0\x10JFIF"), Some("image/jpeg"));
        assert_eq!(media_type(b"%PDF-1.7\n"), Some("application/pdf"));
        for refused in
            [&b"MZ\x90\0"[..], b"\x7FELF\x02\x01\x01", b"PK\x03\x04\x14\0\0\0", b"<html>", b"#!/bin/sh", b""]
        {
            assert_eq!(media_type(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_name_is_no_path_and_ends_as_what_it_is() {
        assert_eq!(name_for_download("../../etc/现场.exe", "image/jpeg"), "现场.jpg");
        assert_eq!(name_for_download("C:\\a\"b.pdf", "application/pdf"), "ab.pdf");
        assert_eq!(name_for_download("..", "image/png"), "attachment.png");
        assert_eq!(name_for_download("", "x/y"), "attachment.bin");
    }
}
