//! Files that agencies hand in with what they say of a push (附件).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fengqiao_proto::notification::v1::{
    Attachment, BeginAttachment, DownloadAttachmentRequest, ListAttachmentsRequest, UploadAttachmentRequest,
    download_attachment_response, upload_attachment_request::Say,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    push::{Named, Purpose, find},
    table::Table,
};

/// Pieces in which a file goes, in bytes; the contract's most.
const PIECE_BYTES: usize = 512 * 1024;

/// What to do with files.
#[derive(Debug, Subcommand)]
pub enum AttachmentCommand {
    /// Hand in a file; it is known by its content, and says its id.
    Put(PutOptions),
    /// Fetch a file.
    Get(GetOptions),
    /// List the files of a push.
    List(Named),
}

/// A file to hand in.
#[derive(Debug, Args)]
pub struct PutOptions {
    #[command(flatten)]
    named: Named,
    /// The file.
    file: PathBuf,
}

/// A file to fetch.
#[derive(Debug, Args)]
pub struct GetOptions {
    #[command(flatten)]
    named: Named,
    /// Its id.
    id: String,
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    purpose: Purpose,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or a file cannot be read or written.
pub async fn execute(
    command: AttachmentCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        AttachmentCommand::Put(options) => put(options, session, output).await,
        AttachmentCommand::Get(options) => get(options, session, output).await,
        AttachmentCommand::List(named) => list(named, session, output).await,
    }
}

async fn put(options: PutOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let agency = options.named.agency.clone();
    let (_, push_id) = find(options.named, session).await?;
    let path = options.file;
    let mut file = File::open(&path).await.map_err(unreadable(&path))?;
    let size = file.metadata().await.map_err(unreadable(&path))?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let begin = BeginAttachment {
        county: session.county(),
        push_id,
        name,
        size: i64::try_from(size).unwrap_or(i64::MAX),
    };
    let (pieces, sent) = mpsc::channel(2);
    let said = |say| UploadAttachmentRequest { say: Some(say) };
    let reading = async move {
        // Whoever refuses the file reads no further: the channel is closed then, and the answer says why.
        if pieces.send(said(Say::Begin(begin))).await.is_err() {
            return Ok(());
        }
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece).await?;
            if piece.is_empty() || pieces.send(said(Say::Piece(piece))).await.is_err() {
                return Ok(());
            }
        }
    };
    let mut client = session.attachments(&Caller::Agency(agency)).await?;
    let request = session.request(ReceiverStream::new(sent));
    let (read, answer) = tokio::join!(reading, client.upload_attachment(request));
    read.map_err(unreadable(&path))?;
    let attachment =
        answer.map_err(CommandError::call("the file"))?.into_inner().attachment.unwrap_or_default();
    if output.json {
        return output.document(&attachment);
    }
    output.line(&format!("{}  {}  {}字节", attachment.attachment_id, attachment.media_type, attachment.size))
}

async fn get(options: GetOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let agency = options.named.agency.clone();
    let (_, push_id) = find(options.named, session).await?;
    let mut client = session.attachments(&Caller::Agency(agency)).await?;
    let asked = DownloadAttachmentRequest {
        county: session.county(),
        push_id,
        attachment_id: options.id,
        purpose: options.purpose.purpose,
    };
    let answer = client.download_attachment(session.request(asked)).await;
    let mut pieces = answer.map_err(CommandError::call("the file"))?.into_inner();
    let path = options.to;
    let mut file = None;
    let mut shown = Attachment::default();
    while let Some(message) = pieces.message().await.map_err(CommandError::call("the file"))? {
        match message.say {
            Some(download_attachment_response::Say::Attachment(attachment)) => {
                shown = attachment;
                file = Some(File::create(&path).await.map_err(unreadable(&path))?);
            }
            Some(download_attachment_response::Say::Piece(piece)) => {
                if let Some(file) = &mut file {
                    file.write_all(&piece).await.map_err(unreadable(&path))?;
                }
            }
            None => {}
        }
    }
    if let Some(mut file) = file {
        file.flush().await.map_err(unreadable(&path))?;
    }
    if output.json {
        return output.document(&shown);
    }
    output.line(&format!("{}  {}  {}字节", shown.name, shown.media_type, shown.size))
}

async fn list(named: Named, session: &Session, output: &Output) -> Result<(), CommandError> {
    let agency = named.agency.clone();
    let (_, push_id) = find(named, session).await?;
    let mut client = session.attachments(&Caller::Agency(agency)).await?;
    let request = session.request(ListAttachmentsRequest { county: session.county(), push_id });
    let answer = client.list_attachments(request).await.map_err(CommandError::call("the files"))?;
    let attachments = answer.into_inner().attachments;
    if output.json {
        return attachments.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table = Table::of_words(["附件", "类型", "字节", "时间", "何人", "编号"]);
    for one in &attachments {
        table.row(vec![
            one.name.as_str().into(),
            one.media_type.as_str().into(),
            one.size.to_string().into(),
            output.minute(one.at.as_ref()).into(),
            one.actor.as_str().into(),
            one.attachment_id.as_str().into(),
        ]);
    }
    output.table(&table, "没有附件")
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> CommandError {
    move |source| CommandError::File { path: path.to_owned(), source }
}
