//! Sorting repeat calls.

use clap::Args;
use fengqiao_proto::routing::v1::{ClassifyRepeatRequest, RepeatClass};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    request_id::RequestId,
    words,
};

/// Which call, and what is behind it.
#[derive(Debug, Args)]
pub struct ClassifyOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    /// Which report of the case, counted from 1.
    report: i32,
    /// What is behind it.
    #[arg(value_parser = words::parser(words::REPEAT_CLASSES), ignore_case = true)]
    class: RepeatClass,
    /// The post in which you act, where a rank is needed: a code of the directory's posts.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// Sorts a repeat call.
///
/// # Errors
/// Where the call fails.
pub async fn classify(
    options: ClassifyOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.duties(&Caller::Officer).await?;
    let ClassifyOptions { case, report, class, capacity, request_id } = options;
    let said = format!("{case} 诉求{report} 归为{}", words::said(words::REPEAT_CLASSES, class));
    let failed = CommandError::call(format!("report {report} of case {case}"));
    let request = session.request(ClassifyRepeatRequest {
        county: session.county(),
        case,
        request_id: request_id.or_new(),
        capacity,
        report,
        class: class.into(),
    });
    let answer = client.classify_repeat(request).await.map_err(failed)?.into_inner();
    if output.json { output.document(&answer) } else { output.line(&said) }
}
