//! Which county an entry of a webhooks' file is about.

/// The county that an entry means: the one that it names, or else the one whose folder the file lies in.
///
/// # Errors
/// Where it names another one than the folder's, or there is neither.
pub fn county_meant(named: Option<String>, of_folder: Option<&str>) -> Result<String, String> {
    match (named, of_folder) {
        (Some(named), Some(known)) if named != known => {
            Err(format!("county {named} is not the one of this folder"))
        }
        (Some(named), _) => Ok(named),
        (None, Some(known)) => Ok(known.to_owned()),
        (None, None) => Err("county is needed outside a county's folder".to_owned()),
    }
}
