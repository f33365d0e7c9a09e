//! Sessions: some drivers name a catalog and a schema for one, and end it. There is one catalog with one schema, and
//! nothing is kept between calls: to name them changes nothing, and to name others is refused.
//!
//! The messages are those of the Flight protocol, which our library does not have.

use std::collections::HashMap;

use arrow_flight::{Action, Result as Told};
use prost::Message;
use tonic::Status;

use crate::{
    engine::{CATALOG, SCHEMA},
    error::AnalystsError,
};

const OPTIONS: [(&str, &str); 2] = [("catalog", CATALOG), ("schema", SCHEMA)];
/// The protocol's numbers for what is wrong with an option.
const INVALID_NAME: i32 = 1;
const INVALID_VALUE: i32 = 2;
/// The protocol's number of a session that has ended.
const CLOSED: i32 = 1;

#[derive(Clone, PartialEq, Message)]
struct OptionValue {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct SessionOptions {
    #[prost(map = "string, message", tag = "1")]
    options: HashMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Wrong {
    #[prost(int32, tag = "1")]
    value: i32,
}

#[derive(Clone, PartialEq, Message)]
struct WrongOptions {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, Wrong>,
}

#[derive(Clone, PartialEq, Message)]
struct Ended {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// What a session is told; none where the action is of no session.
///
/// # Errors
/// `INVALID_ARGUMENT` where the action's body is no message of the protocol.
pub fn answer(action: &Action) -> Result<Option<Told>, Status> {
    let body = match action.r#type.as_str() {
        "SetSessionOptions" => {
            let asked = SessionOptions::decode(action.body.clone())
                .map_err(|_| AnalystsError::wrong("body", "options of a session"))?;
            WrongOptions { errors: wrong(&asked) }.encode_to_vec()
        }
        "GetSessionOptions" => {
            let value = |text: &str| OptionValue { text: Some(text.to_owned()) };
            let options = OPTIONS.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
            SessionOptions { options }.encode_to_vec()
        }
        "CloseSession" => Ended { status: CLOSED }.encode_to_vec(),
        _ => return Ok(None),
    };
    Ok(Some(Told { body: body.into() }))
}

fn wrong(asked: &SessionOptions) -> HashMap<String, Wrong> {
    let fault = |name: &str, value: &OptionValue| {
        let Some((_, right)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
            return Some(INVALID_NAME);
        };
        // Empty asks for what there is.
        let fits = value.text.as_deref().is_none_or(|text| text.is_empty() || text == *right);
        (!fits).then_some(INVALID_VALUE)
    };
    asked
        .options
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), Wrong { value: fault(name, value)? })))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_catalog_can_be_named_and_no_other() {
        let set = |name: &str, text: &str| {
            let options = [(name.to_owned(), OptionValue { text: Some(text.to_owned()) })].into();
            let body = SessionOptions { options }.encode_to_vec().into();
            let told = answer(&Action { r#type: "SetSessionOptions".into(), body }).unwrap().unwrap();
            WrongOptions::decode(told.body).unwrap().errors.get(name).map(|wrong| wrong.value)
        };
        assert_eq!(set("catalog", CATALOG), None);
        assert_eq!(set("catalog", "other"), Some(INVALID_VALUE));
        assert_eq!(set("timeout", "1"), Some(INVALID_NAME));
        let of = |name: &str| answer(&Action { r#type: name.into(), body: Vec::new().into() }).unwrap();
        assert!(of("CloseSession").is_some() && of("Other").is_none());
        let told = SessionOptions::decode(of("GetSessionOptions").unwrap().body).unwrap();
        assert_eq!(told.options["schema"].text.as_deref(), Some(SCHEMA));
    }
}
