//! What codes, names and phone numbers of the directory's files look like.

use fengqiao_county::{Area, AreaTree, MAX_NAME_CHARS};

const MAX_CODE_BYTES: usize = 64;
/// As long as the name of a principal may be.
const MAX_PERSON_BYTES: usize = 100;
const MAX_PHONE_BYTES: usize = 32;

/// Codes are written into keys, histories and requests.
pub(super) fn check_code(code: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if code.is_empty() || code.len() > MAX_CODE_BYTES || !code.bytes().all(plain) {
        return Err(format!("a code has 1 to {MAX_CODE_BYTES} letters, digits, - and _"));
    }
    Ok(())
}

/// A name that people read; `whose` says of what.
pub(super) fn check_name(name: &str, whose: &str) -> Result<(), String> {
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(format!("{whose} needs a name of at most {MAX_NAME_CHARS} characters"));
    }
    Ok(())
}

/// The name of a person's principal.
pub(super) fn check_person(person: &str) -> Result<(), String> {
    if person.is_empty() || person.len() > MAX_PERSON_BYTES || person.chars().any(char::is_control) {
        return Err(format!("a person is a principal's name of 1 to {MAX_PERSON_BYTES} bytes"));
    }
    Ok(())
}

/// A phone number; empty where there is none. What it was is not repeated.
pub(super) fn check_phone(phone: &str) -> Result<(), String> {
    if phone.len() > MAX_PHONE_BYTES || !phone.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'))
    {
        return Err(format!("a phone number has at most {MAX_PHONE_BYTES} digits, + and -"));
    }
    Ok(())
}

/// The area that a row names; nothing where it names none.
pub(super) fn check_area<'a>(areas: &'a AreaTree, code: &str) -> Result<Option<&'a Area>, String> {
    if code.is_empty() {
        return Ok(None);
    }
    areas.find(code).map(Some).ok_or_else(|| format!("the area {code} is not in areas.csv"))
}
