//! Handing a message to whoever brings it to a telephone.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use fengqiao_serving::time::now;
use fengqiao_webhook::{Address, Answered, Message, Poster};
use serde_json::{Map, Value};
use tokio::{fs, io::AsyncWriteExt as _, time::timeout};

use crate::domain::people::Channel;

/// A message, opened. Personal data: it goes to the gateway and nowhere else.
pub struct Outgoing {
    /// The same however often it is handed over.
    pub id: String,
    /// By which channel.
    pub channel: Channel,
    /// To which number.
    pub telephone: String,
    /// What is said.
    pub text: String,
}

/// Takes messages for one channel.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Hands a message over, within a time. Whatever happens is an answer; what it says may be personal and is not kept.
    async fn hand_over(&self, message: &Outgoing, limit: Duration) -> Answered;
}

/// A folder that a program of the county's takes messages from. Each is a file named by its id, which appears as a whole;
/// handed over once more it is the same file.
#[derive(Debug)]
pub struct FileGateway(PathBuf);

impl FileGateway {
    /// Into this folder, which is made where it is not there.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    async fn write(&self, message: &Outgoing) -> std::io::Result<()> {
        let said = [
            ("id", message.id.as_str()),
            ("channel", message.channel.name()),
            ("telephone", &message.telephone),
            ("text", &message.text),
        ];
        let said: Map<String, Value> =
            said.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true).mode(0o700).create(&self.0).await?;
        let (part, whole) =
            (self.0.join(format!(".{}", message.id)), self.0.join(format!("{}.json", message.id)));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).await?;
        file.write_all(Value::Object(said).to_string().as_bytes()).await?;
        file.sync_all().await?;
        fs::rename(&part, &whole).await?;
        // The name has to outlive a power cut as the content does.
        fs::File::open(&self.0).await?.sync_all().await
    }
}

#[async_trait]
impl Gateway for FileGateway {
    async fn hand_over(&self, message: &Outgoing, limit: Duration) -> Answered {
        match timeout(limit, self.write(message)).await {
            Ok(Ok(())) => Answered {
                delivered: true,
                http_status: 0,
                error: String::new(),
                asked: None,
                answer: Vec::new(),
            },
            Ok(Err(error)) => Answered::failed(format!("the file was not written: {}", error.kind())),
            Err(_) => Answered::failed("the file was not written in time"),
        }
    }
}

/// How a provider wants a message: a JSON object with these fields.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpForm {
    /// The field of the message's id, by which the provider knows it again.
    pub id: String,
    /// The field of the telephone number.
    pub telephone: String,
    /// The field of the text.
    pub text: String,
    /// The field of the provider's key, and the key.
    pub key: Option<(String, String)>,
    /// What stands in each message.
    pub with: BTreeMap<String, String>,
    /// Of a provider that says in its answer's body whether it took the message.
    pub accepted: Option<Accepted>,
}

impl std::fmt::Debug for HttpForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpForm").field("id", &self.id).field("text", &self.text).finish_non_exhaustive()
    }
}

/// What a provider's answer says where it took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// In this field …
    pub field: String,
    /// … this value.
    pub value: String,
}

impl Accepted {
    fn is_said_in(&self, body: &[u8]) -> bool {
        let answer: Option<Value> = serde_json::from_slice(body).ok();
        let said = match answer.as_ref().and_then(|answer| answer.get(&self.field)) {
            Some(Value::String(said)) => said.clone(),
            Some(Value::Number(said)) => said.to_string(),
            Some(Value::Bool(said)) => said.to_string(),
            _ => return false,
        };
        said == self.value
    }
}

/// A provider that takes messages over HTTP, signed as webhooks are.
#[derive(Debug)]
pub struct HttpGateway {
    poster: Poster,
    address: Address,
    form: HttpForm,
}

impl HttpGateway {
    /// To this address, in this form.
    #[must_use]
    pub const fn new(poster: Poster, address: Address, form: HttpForm) -> Self {
        Self { poster, address, form }
    }

    fn body(&self, message: &Outgoing) -> Bytes {
        let form = &self.form;
        let said =
            [(&form.id, &message.id), (&form.telephone, &message.telephone), (&form.text, &message.text)];
        let key = form.key.iter().map(|(field, key)| (field, key));
        let body: Map<String, Value> = said
            .into_iter()
            .chain(key)
            .chain(&form.with)
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        Value::Object(body).to_string().into()
    }
}

#[async_trait]
impl Gateway for HttpGateway {
    async fn hand_over(&self, message: &Outgoing, limit: Duration) -> Answered {
        let posted = Message { id: &message.id, body: self.body(message), traceparent: None };
        let mut answered = self.poster.post(&self.address, posted, now(), limit).await;
        if answered.delivered
            && self.form.accepted.as_ref().is_some_and(|one| !one.is_said_in(&answered.answer))
        {
            answered.delivered = false;
            "the provider did not accept it".clone_into(&mut answered.error);
        }
        answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Outgoing {
        Outgoing {
            id: "m-1".into(),
            channel: Channel::Sms,
            telephone: "15420041000".into(),
            text: "您好".into(),
        }
    }

    #[tokio::test]
    async fn a_file_appears_whole_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = FileGateway::new(folder.path().join("421181/sms"));
        for _ in 0..2 {
            assert!(gateway.hand_over(&message(), Duration::from_secs(5)).await.delivered);
        }
        let files: Vec<_> = std::fs::read_dir(folder.path().join("421181/sms")).unwrap().collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((said["telephone"].as_str(), said["text"].as_str()), (Some("15420041000"), Some("您好")));
        let nowhere = FileGateway::new("/proc/nowhere".into());
        let failed = nowhere.hand_over(&message(), Duration::from_secs(5)).await;
        assert!(!failed.delivered && !failed.error.contains("15420041000"), "{}", failed.error);
    }

    #[test]
    fn a_provider_s_answer_says_whether_it_took_it() {
        let accepted = Accepted { field: "code".into(), value: "0".into() };
        assert!(accepted.is_said_in(br#"{"code":"0"}"#) && accepted.is_said_in(br#"{"code":0,"x":1}"#));
        for not in [&br#"{"code":"1"}"#[..], b"{}", b"0", b"<html>", b""] {
            assert!(!accepted.is_said_in(not));
        }
    }
}
