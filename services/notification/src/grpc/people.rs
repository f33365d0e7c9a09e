//! What persons were told, and the code of a case's page.

use std::sync::Arc;

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    GetMessageRequest, GetMessageResponse, GetProgressCodeRequest, GetProgressCodeResponse,
    ListMessagesRequest, ListMessagesResponse, PersonMessage, RenewProgressCodeRequest,
    RenewProgressCodeResponse, ResendMessagesRequest, ResendMessagesResponse,
    people_service_server::PeopleService,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{paging, time::to_proto};
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    checks::Checks,
    reading::{LARGEST_PAGE, USUAL_PAGE},
    status,
};
use crate::{
    domain::progress::{code, typed_number},
    error::NotificationError,
    people::People,
    store::{
        Store,
        people::{KeptMessage, MessagePlace, WhichMessages},
    },
};

/// How many messages can be named.
const NAMED_AT_MOST: usize = 1_000;

/// The persons' face.
#[derive(Clone)]
pub struct PeopleFace {
    store: Store,
    keyring: Arc<Keyring>,
    people: People,
}

impl PeopleFace {
    /// A face on this store.
    #[must_use]
    pub const fn new(store: Store, keyring: Arc<Keyring>, people: People) -> Self {
        Self { store, keyring, people }
    }

    async fn list(
        &self,
        county: &str,
        asked: &ListMessagesRequest,
    ) -> Result<ListMessagesResponse, NotificationError> {
        let mut checks = Checks::default();
        let case_id = (!asked.case_id.is_empty()).then(|| checks.uuid(&asked.case_id, "caseId"));
        let known = fengqiao_proto::notification::v1::PersonMessageState::try_from(asked.state);
        checks.hold(known.is_ok(), "state", "must be a state that the contract names");
        let after = paging::read::<MessagePlace>(&asked.page_token);
        checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
        checks.done()?;
        let which = WhichMessages {
            case_id,
            state: i16::try_from(asked.state).ok().filter(|state| *state != 0),
            person: Some(asked.person.clone()).filter(|person| !person.is_empty()),
        };
        let after = after.ok().flatten().unwrap_or_else(start);
        let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let mut page = self.store.messages(county, &which, &after, size + 1).await?;
        let more = paging::cut(&mut page, size, |_| 0);
        let last = page.last().filter(|_| more);
        let place = last.map(|last| MessagePlace { at: last.requested_at, message_id: last.message_id });
        Ok(ListMessagesResponse {
            next_page_token: place.as_ref().map(paging::write).unwrap_or_default(),
            messages: page.into_iter().map(shown).collect(),
        })
    }

    async fn get(
        &self,
        county: &str,
        asked: &GetMessageRequest,
    ) -> Result<GetMessageResponse, NotificationError> {
        let mut checks = Checks::default();
        let message_id = checks.uuid(&asked.message_id, "messageId");
        checks.done()?;
        let (sealed_address, sealed_text) = self.store.message_words(county, message_id).await?;
        Ok(GetMessageResponse {
            telephone: self.opened(county, &sealed_address)?,
            text: self.opened(county, &sealed_text)?,
        })
    }

    async fn resend(
        &self,
        county: &str,
        asked: &ResendMessagesRequest,
    ) -> Result<ResendMessagesResponse, NotificationError> {
        let mut checks = Checks::default();
        let count = asked.message_ids.len();
        checks.hold((1..=NAMED_AT_MOST).contains(&count), "messageIds", "1 to 1,000");
        let ids: Vec<Uuid> =
            asked.message_ids.iter().take(NAMED_AT_MOST).map(|id| checks.uuid(id, "messageIds")).collect();
        checks.done()?;
        let channels = self.store.resend_messages(county, &ids).await?;
        if let Some(people) = self.people.county(county) {
            channels.iter().for_each(|channel| people.ring(*channel));
        }
        Ok(ResendMessagesResponse { resent: i32::try_from(channels.len()).unwrap_or(i32::MAX) })
    }

    async fn code(&self, county: &str, typed: &str) -> Result<GetProgressCodeResponse, NotificationError> {
        let number = number_of(typed)?;
        let found = self.store.progress(county, &number).await?.filter(|found| !found.protected);
        let found = found.ok_or(NotificationError::NoSuchProgress)?;
        let people = self.people.county(county);
        Ok(GetProgressCodeResponse {
            code: self.opened(county, &found.sealed_code)?,
            page: people.map(|people| people.settings.page.clone()).unwrap_or_default(),
        })
    }

    async fn renew(&self, county: &str, typed: &str) -> Result<RenewProgressCodeResponse, NotificationError> {
        let number = number_of(typed)?;
        let code = code(rand::random());
        let sealed = self.keyring.seal(code.as_bytes(), county.as_bytes());
        if !self.store.renew_code(county, &number, &sealed).await? {
            return Err(NotificationError::NoSuchProgress);
        }
        Ok(RenewProgressCodeResponse { code })
    }

    fn opened(&self, county: &str, sealed: &[u8]) -> Result<String, NotificationError> {
        let plain = self.keyring.open(sealed, county.as_bytes())?;
        Ok(String::from_utf8_lossy(&plain).into_owned())
    }
}

#[tonic::async_trait]
impl PeopleService for PeopleFace {
    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let listed = self.list(county, request.get_ref()).await;
        listed.map(Response::new).map_err(status::of("listing messages to persons"))
    }

    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<GetMessageResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let read = self.get(county, request.get_ref()).await;
        read.map(Response::new).map_err(status::of("reading a message to a person"))
    }

    async fn resend_messages(
        &self,
        request: Request<ResendMessagesRequest>,
    ) -> Result<Response<ResendMessagesResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let resent = self.resend(county, request.get_ref()).await;
        resent.map(Response::new).map_err(status::of("sending messages to persons again"))
    }

    async fn get_progress_code(
        &self,
        request: Request<GetProgressCodeRequest>,
    ) -> Result<Response<GetProgressCodeResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let code = self.code(county, &request.get_ref().case_number).await;
        code.map(Response::new).map_err(status::of("reading the code of a case"))
    }

    async fn renew_progress_code(
        &self,
        request: Request<RenewProgressCodeRequest>,
    ) -> Result<Response<RenewProgressCodeResponse>, Status> {
        let county = principal(&request)?.county_of(&request.get_ref().county)?;
        let code = self.renew(county, &request.get_ref().case_number).await;
        code.map(Response::new).map_err(status::of("renewing the code of a case"))
    }
}

fn number_of(typed: &str) -> Result<String, NotificationError> {
    typed_number(typed).ok_or_else(|| {
        NotificationError::wrong("caseNumber", "must be a case's number, such as 20261124-0001")
    })
}

/// Before everything.
fn start() -> MessagePlace {
    // Ten thousand years on; what Postgres and the contract can both say.
    let at = Timestamp::from_second(250_000_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    MessagePlace { at, message_id: Uuid::max() }
}

fn shown(message: KeptMessage) -> PersonMessage {
    PersonMessage {
        message_id: message.message_id.to_string(),
        kind: message.kind.into(),
        person_kind: message.person_kind.into(),
        person: message.person,
        subject: message.subject.into(),
        case_id: message.case_id.to_string(),
        case_number: message.case_number,
        what: message.what,
        level: message.level.into(),
        drill: message.drill,
        recipient: message.recipient,
        channel: message.channel.code().into(),
        template_version: message.version,
        requested_at: Some(to_proto(message.requested_at)),
        state: message.state.into(),
        tries: message.tries,
        ended_at: message.ended_at.map(to_proto),
        http_status: message.http_status,
        error: message.error,
    }
}
