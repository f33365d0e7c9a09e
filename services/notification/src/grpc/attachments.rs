//! Files of pushes over gRPC.

use std::pin::Pin;

use fengqiao_access::principal;
use fengqiao_proto::notification::v1::{
    BeginAttachment, DownloadAttachmentRequest, DownloadAttachmentResponse, ListAttachmentsRequest,
    ListAttachmentsResponse, ReadPart, UploadAttachmentRequest, UploadAttachmentResponse,
    attachment_service_server::AttachmentService, download_attachment_response,
    upload_attachment_request::Say,
};
use fengqiao_serving::time::now;
use futures::{Stream, StreamExt as _, stream};
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use super::{
    NotificationFace,
    checks::Checks,
    protected::{hidden_in_lists, keep_reading},
    status,
};
use crate::{
    answering::Answerer,
    attachments::{Coming, LONGEST_UPLOAD, Upload},
    error::NotificationError,
};

/// The path of the method that answers only when all of a file has come.
pub const UPLOAD: &str = "/fengqiao.notification.v1.AttachmentService/UploadAttachment";

type Answers = Pin<Box<dyn Stream<Item = Result<DownloadAttachmentResponse, Status>> + Send>>;

#[tonic::async_trait]
impl AttachmentService for NotificationFace {
    async fn upload_attachment(
        &self,
        request: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        const OPERATION: &str = "taking the file";
        let who = principal(&request)?.clone();
        let mut said = request.into_inner();
        let taken = async {
            let Some(Say::Begin(begin)) = said.message().await?.and_then(|message| message.say) else {
                return Err(status::of(OPERATION)(NotificationError::wrong(
                    "begin",
                    "must be the first message",
                )));
            };
            let county = who.county_of(&begin.county)?;
            let who =
                Answerer::system(&who, county).ok_or_else(|| fengqiao_serving::status::not_found("push"))?;
            let upload = begun(self, &who, &begin).await.map_err(status::of(OPERATION))?;
            let attachment = received(upload, &mut said).await?;
            Ok(UploadAttachmentResponse { attachment: Some(attachment) })
        };
        match timeout(LONGEST_UPLOAD, taken).await {
            Ok(taken) => taken.map(Response::new),
            Err(_) => Err(status::of(OPERATION)(NotificationError::Late("take the file"))),
        }
    }

    type DownloadAttachmentStream = Answers;

    async fn download_attachment(
        &self,
        request: Request<DownloadAttachmentRequest>,
    ) -> Result<Response<Answers>, Status> {
        const OPERATION: &str = "reading the file";
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let found = async {
            let mut checks = Checks::default();
            let push_id = checks.uuid(&asked.push_id, "pushId");
            let attachment_id = checks.uuid(&asked.attachment_id, "attachmentId");
            checks.done()?;
            let file =
                self.answering.files.read(county, push_id, who.agency.as_deref(), attachment_id).await?;
            let (read, purpose) = ((county, push_id), asked.purpose.as_str());
            keep_reading(&self.delivery, who, read, ReadPart::Attachment, purpose).await?;
            Ok(file)
        };
        let (attachment, content) = found.await.map_err(status::of(OPERATION))?;
        let say = |say| DownloadAttachmentResponse { say: Some(say) };
        let first = say(download_attachment_response::Say::Attachment(attachment));
        let pieces = content.map(move |piece| match piece {
            Ok(piece) => Ok(say(download_attachment_response::Say::Piece(piece))),
            Err(error) => Err(status::of(OPERATION)(error)),
        });
        Ok(Response::new(Box::pin(stream::once(async { Ok(first) }).chain(pieces))))
    }

    async fn list_attachments(
        &self,
        request: Request<ListAttachmentsRequest>,
    ) -> Result<Response<ListAttachmentsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let found = async {
            let mut checks = Checks::default();
            let push_id = checks.uuid(&asked.push_id, "pushId");
            checks.done()?;
            let mut attachments = self.answering.files.list(county, push_id, who.agency.as_deref()).await?;
            if !hidden_in_lists(&self.delivery, who, county, &[push_id]).await?.is_empty() {
                attachments.iter_mut().for_each(|attachment| attachment.name.clear());
            }
            Ok(ListAttachmentsResponse { attachments })
        };
        found.await.map(Response::new).map_err(status::of("listing files"))
    }
}

async fn begun(
    face: &NotificationFace,
    who: &Answerer,
    begin: &BeginAttachment,
) -> Result<Upload, NotificationError> {
    let mut checks = Checks::default();
    let push_id = checks.uuid(&begin.push_id, "begin.pushId");
    let size = u64::try_from(begin.size).unwrap_or_default();
    checks.done()?;
    let most = face.answering.rules(&who.county).largest_file;
    let coming = Coming { push_id, name: begin.name.clone(), size: Some(size), most };
    face.answering.files.begin(who, coming).await
}

/// Takes the pieces. Of a stream that breaks nothing is kept.
async fn received(
    mut upload: Upload,
    said: &mut Streaming<UploadAttachmentRequest>,
) -> Result<fengqiao_proto::notification::v1::Attachment, Status> {
    const OPERATION: &str = "taking the file";
    let end = loop {
        let written = match said.message().await {
            Ok(None) => break Ok(()),
            Ok(Some(UploadAttachmentRequest { say: Some(Say::Piece(piece)) })) => {
                upload.write(&piece).await.map_err(status::of(OPERATION))
            }
            Ok(Some(_)) => {
                Err(status::of(OPERATION)(NotificationError::wrong("piece", "must follow what was begun")))
            }
            Err(broken) => Err(broken),
        };
        if written.is_err() {
            break written;
        }
    };
    match end {
        Ok(()) => upload.finish(now()).await.map_err(status::of(OPERATION)),
        Err(status) => {
            upload.give_up().await;
            Err(status)
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    /// Under another path it would be ended like any other call, long before a slow line has brought a file.
    #[test]
    fn what_may_last_is_the_contract_s_method_that_takes_a_stream_and_gives_one_answer() {
        let contract = FileDescriptorSet::decode(fengqiao_proto::FILE_DESCRIPTOR_SET).unwrap();
        let takers: Vec<String> = contract
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
            .flat_map(|(package, service)| {
                service.method.iter().map(move |method| (package, service, method))
            })
            .filter(|(_, _, method)| method.client_streaming() && !method.server_streaming())
            .map(|(package, service, method)| format!("/{package}.{}/{}", service.name(), method.name()))
            .collect();
        assert_eq!(takers, [UPLOAD], "a further one has to be let last too");
    }
}
