//! What a county sets for telling persons: `people.toml` in its folder. What it leaves out is as shipped in
//! `default.toml`; a `[[tell]]` takes the place of the shipped one of its kind.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use fengqiao_county::{Mistake, Mistakes, line_at};
use fengqiao_proto::types::v1::TellingKind;
use fengqiao_webhook::Address;
use jiff::civil::Time;
use serde::Deserialize;
use toml::Spanned;

use super::gateway::{Accepted, HttpForm};
use crate::domain::people::{Channel, Late, Quiet, Words, kind_named};

const DEFAULT: &str = include_str!("default.toml");
/// A version is at most so long, in bytes.
const MOST_VERSION: usize = 40;
/// The same is told again after a day at the latest.
const MOST_AGAIN_MINUTES: u16 = 24 * 60;
/// What is late, at the most.
const MOST_LATE_MINUTES: u16 = 24 * 60;
/// How long a late reminder waits, at the most.
const MOST_LATE_SECONDS: u16 = 600;
/// How soon the same is told again where a county does not say it.
const USUAL_AGAIN_MINUTES: u16 = 10;
/// The longest page address or telephone that stands in a message, in characters.
const MOST_PAGE: usize = 100;
/// So many messages a second a channel takes where a county does not say it.
const USUAL_PER_SECOND: u16 = 50;
/// No provider takes more.
const MOST_PER_SECOND: u16 = 1_000;

/// How persons are told of something.
#[derive(Debug, Clone, PartialEq)]
pub struct Tell {
    /// By the first of these channels that takes it.
    pub by: Vec<Channel>,
    /// In these words.
    pub words: Words,
    /// Within so many minutes nobody is told the same again.
    pub again_minutes: u16,
}

/// A channel of a county.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// Where it leads.
    pub gateway: GatewaySettings,
    /// So many messages a second it takes; what is more waits, the most urgent first.
    pub per_second: u16,
}

/// Where a channel leads.
#[derive(Debug, Clone)]
pub enum GatewaySettings {
    /// Into a folder, for a program that takes it from there.
    File,
    /// To a provider.
    Http {
        /// Where, and what signs it.
        address: Box<Address>,
        /// In which form.
        form: HttpForm,
    },
}

/// How a county tells persons.
#[derive(Debug, Clone)]
pub struct PeopleSettings {
    /// The version of the words.
    pub version: String,
    /// When people sleep.
    pub quiet: Quiet,
    /// What late reminders wait for.
    pub late: Late,
    /// Where residents see how their case stands; empty where there is no such page.
    pub page: String,
    /// Whom residents phone.
    pub phone: String,
    /// The channels that there are.
    pub channels: BTreeMap<Channel, ChannelSettings>,
    /// How persons are told of what.
    pub tells: HashMap<TellingKind, Tell>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    version: Option<String>,
    quiet: Option<RawQuiet>,
    late: Option<RawLate>,
    #[serde(default)]
    page: Page,
    #[serde(default)]
    channel: Vec<Spanned<RawChannel>>,
    #[serde(default)]
    tell: Vec<Spanned<RawTell>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuiet {
    from: Time,
    until: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLate {
    after_minutes: u16,
    wait_seconds: u16,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Page {
    address: String,
    phone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChannel {
    name: String,
    gateway: GatewayKind,
    url: Option<String>,
    #[serde(default)]
    secret_files: Vec<String>,
    #[serde(default)]
    allow_private: bool,
    per_second: Option<u16>,
    form: Option<RawForm>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum GatewayKind {
    File,
    Http,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    id: String,
    telephone: String,
    text: String,
    /// The field that carries the provider's key, and the file of it.
    key: Option<String>,
    key_file: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, String>,
    accepted_field: Option<String>,
    accepted_value: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTell {
    of: String,
    by: Vec<String>,
    text: String,
    again_minutes: Option<u16>,
}

impl PeopleSettings {
    /// How many messages a channel takes in a second.
    #[must_use]
    pub fn per_second(&self, channel: Channel) -> u16 {
        self.channels.get(&channel).map_or(USUAL_PER_SECOND, |of| of.per_second)
    }

    /// Reads a county's file; one that is not there says nothing.
    ///
    /// # Errors
    /// All mistakes, with file, line and reason.
    pub fn load(file: &Path) -> Result<Self, Mistakes> {
        let own = if file.exists() {
            std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?
        } else {
            String::new()
        };
        Self::of(&own, file)
    }

    /// Of a text that lies in a file.
    ///
    /// # Errors
    /// All mistakes, with file, line and reason.
    pub fn of(own: &str, file: &Path) -> Result<Self, Mistakes> {
        let shipped = parsed(DEFAULT, Path::new("default.toml"))?;
        let read = parsed(own, file)?;
        let mut mistakes = Vec::new();
        let mut tells = HashMap::new();
        for (text, tells_of, place) in
            [(DEFAULT, shipped.tell, Path::new("default.toml")), (own, read.tell, file)]
        {
            let mut seen = Vec::new();
            for raw in tells_of {
                let line = line_at(text, raw.span().start);
                match tell(raw.into_inner()) {
                    Ok((kind, _)) if seen.contains(&kind) => {
                        mistakes.push(Mistake::new(place, line, "the kind stands twice"));
                    }
                    Ok((kind, tell)) => {
                        seen.push(kind);
                        tells.insert(kind, tell);
                    }
                    Err(reason) => mistakes.push(Mistake::new(place, line, reason)),
                }
            }
        }
        let mut channels = BTreeMap::new();
        for raw in read.channel {
            let line = line_at(own, raw.span().start);
            match channel(raw.into_inner(), file) {
                Ok((channel, _)) if channels.contains_key(&channel) => {
                    mistakes.push(Mistake::new(file, line, "the channel stands twice"));
                }
                Ok((channel, gateway)) => drop(channels.insert(channel, gateway)),
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        let shown = channels.is_empty() || !read.page.address.is_empty() && !read.page.phone.is_empty();
        if !shown && tells.values().any(|tell: &Tell| tell.words.name_the_page() && !tell.by.is_empty()) {
            let reason = "page.address and page.phone are needed: texts for residents name them";
            mistakes.push(Mistake::new(file, 0, reason));
        }
        let version = read.version.or(shipped.version).unwrap_or_default();
        if version.is_empty() || version.len() > MOST_VERSION {
            mistakes.push(Mistake::new(file, 0, "a version has 1 to 40 bytes"));
        }
        for said in [&read.page.address, &read.page.phone] {
            if said.chars().count() > MOST_PAGE || said.chars().any(char::is_control) {
                mistakes.push(Mistake::new(
                    file,
                    0,
                    "page.address and page.phone have at most 100 characters",
                ));
            }
        }
        let quiet = read.quiet.or(shipped.quiet);
        let quiet = quiet.map_or(Quiet { from: Time::MIN, until: Time::MIN }, |raw| Quiet {
            from: raw.from,
            until: raw.until,
        });
        let late = read.late.or(shipped.late);
        let late = late.map_or(Late { after_minutes: 0, wait_seconds: 0 }, |raw| Late {
            after_minutes: raw.after_minutes,
            wait_seconds: raw.wait_seconds,
        });
        if late.after_minutes > MOST_LATE_MINUTES || late.wait_seconds > MOST_LATE_SECONDS {
            let reason = "late: after_minutes is at most 1440, wait_seconds at most 600";
            mistakes.push(Mistake::new(file, 0, reason));
        }
        if mistakes.is_empty() {
            Ok(Self {
                version,
                quiet,
                late,
                page: read.page.address,
                phone: read.page.phone,
                channels,
                tells,
            })
        } else {
            Err(Mistakes(mistakes))
        }
    }
}

fn parsed(text: &str, file: &Path) -> Result<File, Mistake> {
    toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |span| line_at(text, span.start));
        Mistake::new(file, line, e.message())
    })
}

fn tell(raw: RawTell) -> Result<(TellingKind, Tell), String> {
    let kind =
        kind_named(&raw.of).ok_or_else(|| format!("{} is nothing that persons are told of", raw.of))?;
    let of_residents = matches!(kind, TellingKind::Received | TellingKind::Settled | TellingKind::Closed);
    let words = Words::read(&raw.text, of_residents).map_err(|refused| refused.to_string())?;
    let mut by = Vec::new();
    for name in &raw.by {
        let channel = named(name)?;
        if by.contains(&channel) {
            return Err(format!("{name} stands twice"));
        }
        by.push(channel);
    }
    let again_minutes = raw.again_minutes.unwrap_or(USUAL_AGAIN_MINUTES);
    if again_minutes > MOST_AGAIN_MINUTES {
        return Err("again_minutes must be at most 1440".to_owned());
    }
    Ok((kind, Tell { by, words, again_minutes }))
}

fn named(name: &str) -> Result<Channel, String> {
    Channel::named(name).ok_or_else(|| format!("{name} is no channel: sms, voice, wechat"))
}

fn channel(raw: RawChannel, file: &Path) -> Result<(Channel, ChannelSettings), String> {
    let channel = named(&raw.name)?;
    let per_second = raw.per_second.unwrap_or(USUAL_PER_SECOND);
    if !(1..=MOST_PER_SECOND).contains(&per_second) {
        return Err("per_second must be 1 to 1000".to_owned());
    }
    let gateway = match (raw.gateway, raw.url, raw.form) {
        (GatewayKind::File, None, None) if raw.secret_files.is_empty() => GatewaySettings::File,
        (GatewayKind::File, ..) => {
            return Err("a channel that is a file has no url, secret or form".to_owned());
        }
        (GatewayKind::Http, Some(url), Some(form)) => {
            if raw.secret_files.len() > 2 || (raw.secret_files.is_empty() && form.key.is_none()) {
                return Err("one or two secret_files are needed, or a form.key".to_owned());
            }
            let named: Vec<&str> = raw.secret_files.iter().map(String::as_str).collect();
            let address = Address::read(&url, raw.allow_private, "secret_files", &named, file)?;
            GatewaySettings::Http { address: Box::new(address), form: http_form(form, file)? }
        }
        (GatewayKind::Http, ..) => return Err("a channel over HTTP needs url and form".to_owned()),
    };
    Ok((channel, ChannelSettings { gateway, per_second }))
}

fn http_form(raw: RawForm, file: &Path) -> Result<HttpForm, String> {
    let key = match (raw.key, raw.key_file) {
        (None, None) => None,
        (Some(field), Some(named)) => {
            let path = file.parent().unwrap_or(Path::new("")).join(&named);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("form.key_file {}: {error}", path.display()))?;
            Some((field, text.trim().to_owned()))
        }
        _ => return Err("form.key and form.key_file belong together".to_owned()),
    };
    let accepted = match (raw.accepted_field, raw.accepted_value) {
        (None, None) => None,
        (Some(field), Some(value)) => Some(Accepted { field, value }),
        _ => return Err("form.accepted_field and form.accepted_value belong together".to_owned()),
    };
    let mut fields = vec![&raw.id, &raw.telephone, &raw.text];
    fields.extend(key.iter().map(|(field, _)| field));
    fields.extend(raw.with.keys());
    let mut sorted = fields.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != fields.len() || fields.iter().any(|field| field.is_empty()) {
        return Err("each field of the form needs a name of its own".to_owned());
    }
    Ok(HttpForm { id: raw.id, telephone: raw.telephone, text: raw.text, key, with: raw.with, accepted })
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn read(text: &str) -> Result<PeopleSettings, Vec<(u64, String)>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        std::fs::write(folder.path().join("key"), "k-1\n").unwrap();
        PeopleSettings::of(text, &folder.path().join("people.toml"))
            .map_err(|m| m.0.into_iter().map(|m| (m.line, m.reason)).collect())
    }

    #[test]
    fn without_a_file_there_are_words_and_no_channels() {
        let settings = read("").unwrap();
        assert!(settings.channels.is_empty());
        assert_eq!(settings.tells.len(), 10);
        assert_eq!(settings.quiet, Quiet { from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) });
    }

    #[test]
    fn the_counties_files_are_right() {
        for county in ["chengjiang", "jintai", "macheng", "wuwei", "xiqing"] {
            let file = format!("{}/../../deploy/county/{county}/people.toml", env!("CARGO_MANIFEST_DIR"));
            let settings = PeopleSettings::load(Path::new(&file)).unwrap();
            assert!(!settings.channels.is_empty(), "{county}");
        }
    }

    #[test]
    fn a_county_s_words_take_the_place_of_the_shipped_ones() {
        let own = "version = '2'\n[[tell]]\nof = 'closed'\nby = []\ntext = '已归档'\n";
        let settings = read(own).unwrap();
        assert_eq!((settings.version.as_str(), settings.tells.len()), ("2", 10));
        assert!(settings.tells[&TellingKind::Closed].by.is_empty());
        assert!(!settings.tells[&TellingKind::Settled].by.is_empty());
    }

    #[test]
    fn a_provider_has_its_form() {
        let form = "[channel.form]\nid = 'msgId'\ntelephone = 'mobile'\ntext = 'content'\n";
        let head = "page = { address = 'a', phone = 'b' }\n[[channel]]\nname = 'sms'\ngateway = 'http'\nurl = 'https://sms.example.cn/send'\n";
        let signed = format!("{head}secret_files = ['secret']\n{form}with = {{ sign = '综治' }}\n");
        let sms = &read(&signed).unwrap().channels[&Channel::Sms];
        assert!(matches!(sms.gateway, GatewaySettings::Http { .. }) && sms.per_second == 50);
        let keyed = format!(
            "{head}{form}key = 'appKey'\nkey_file = 'key'\naccepted_field = 'code'\naccepted_value = '0'\n"
        );
        let GatewaySettings::Http { form: read_form, .. } =
            &read(&keyed).unwrap().channels[&Channel::Sms].gateway
        else {
            panic!()
        };
        assert_eq!(read_form.key, Some(("appKey".to_owned(), "k-1".to_owned())));
        assert!(read(&format!("{head}{form}")).unwrap_err()[0].1.contains("secret_files"));
        let private = signed.replace("sms.example.cn", "10.0.0.1");
        assert!(read(&private).unwrap_err()[0].1.contains("private"));
        let twice = signed.replace("sign =", "mobile =");
        assert!(read(&twice).unwrap_err()[0].1.contains("a name of its own"));
    }

    #[test]
    fn each_mistake_is_named_by_its_line() {
        let text = "version = '2'\n[[tell]]\nof = 'closed'\nby = ['sms']\ntext = '{name}'\n\
                    [[tell]]\nof = 'nothing'\nby = []\ntext = 'x'\n[[channel]]\nname = 'fax'\ngateway = 'file'\n\
                    [[channel]]\nname = 'sms'\ngateway = 'file'\nper_second = 0\n";
        let mistakes = read(text).unwrap_err();
        assert_eq!(mistakes.iter().map(|m| m.0).collect::<Vec<_>>(), [2, 6, 10, 13]);
        assert!(mistakes[0].1.contains("who or what"), "{mistakes:?}");
    }
}
