//! Forms (文书): issue, show, list, kinds, paper, verify.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fengqiao_proto::{
    notification::v1::{
        Form, FormField, FormLimit, GetFormPaperRequest, GetFormRequest, IssueFormRequest,
        ListFormKindsRequest, ListFormKindsResponse, ListFormsRequest, RecallFormRequest, VerifyFormRequest,
    },
    types::v1::{FormKind, Level},
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    matter::each_field,
    output::{Ink, Output},
    paging,
    push::Purpose,
    request_id::RequestId,
    table::Table,
    words,
};

/// What to do with forms.
#[derive(Debug, Subcommand)]
pub enum FormCommand {
    /// Issue a form by hand; to an agency it is pushed (发文).
    Issue(IssueOptions),
    /// Take back a form that was issued to an agency (撤回).
    Recall(RecallOptions),
    /// Show a form and what it says.
    Show(ShowOptions),
    /// List forms, the newest first.
    List(ListOptions),
    /// List the county's kinds of forms, their fields and limits, and who sees what.
    Kinds,
    /// Get the paper of a form, as PDF.
    Paper(PaperOptions),
    /// Check a paper by the code that stands on it (验真).
    Verify(VerifyOptions),
}

/// A form.
#[derive(Debug, Args)]
pub struct Named {
    /// The form's id, or the push's that brought it.
    form: String,
    /// As this agency; as the centre where not given.
    #[arg(long)]
    agency: Option<String>,
}

/// A form to read.
#[derive(Debug, Args)]
pub struct ShowOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    purpose: Purpose,
}

/// What to issue.
#[derive(Debug, Args)]
pub struct IssueOptions {
    /// The kind; `fengqiao form kinds` says which are issued by hand and what each needs.
    #[arg(value_parser = words::parser(words::FORMS), ignore_case = true)]
    kind: FormKind,
    /// To which agency: it is pushed to it.
    #[arg(long, required_unless_present = "to")]
    agency: Option<String>,
    /// To whom, by name, where that is no agency.
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// A field of the kind; may stand several times.
    #[arg(long = "field", value_name = "KEY=TEXT", value_parser = field)]
    fields: Vec<(String, String)>,
    /// Why it comes, without personal data.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// How urgent it is.
    #[arg(long, value_parser = words::parser(words::LEVELS), ignore_case = true, default_value = "YELLOW")]
    level: Level,
    /// In whose name; the centre's where not given.
    #[arg(long, value_name = "AGENCY", default_value = "", hide_default_value = true)]
    issuer: String,
    /// The id of the case that it speaks of.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    case: String,
    /// The case's number, for people.
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    case_number: String,
    /// An exercise (演练).
    #[arg(long)]
    drill: bool,
    #[command(flatten)]
    request_id: RequestId,
}

/// What to take back.
#[derive(Debug, Args)]
pub struct RecallOptions {
    /// The form's id.
    form: String,
    /// Why; the agency reads it.
    #[arg(long)]
    reason: String,
}

/// Which forms to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this agency's, as that agency.
    #[arg(long)]
    agency: Option<String>,
    /// Only of this kind.
    #[arg(long, value_parser = words::parser(words::FORMS), ignore_case = true)]
    kind: Option<FormKind>,
    /// Only of this case's id.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    case: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which paper, and where to.
#[derive(Debug, Args)]
pub struct PaperOptions {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    purpose: Purpose,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Which code.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// The code for checking, as it stands on the paper.
    code: String,
}

fn field(text: &str) -> Result<(String, String), String> {
    let (key, text) = text.split_once('=').ok_or("write it as KEY=TEXT")?;
    Ok((key.to_owned(), text.to_owned()))
}

fn caller(agency: Option<&String>) -> Caller {
    agency.map_or(Caller::Officer, |agency| Caller::Agency(agency.clone()))
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails, or the file cannot be written.
pub async fn execute(command: FormCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        FormCommand::Issue(options) => issue(options, session, output).await,
        FormCommand::Recall(RecallOptions { form, reason }) => {
            let mut client = session.forms(&Caller::Officer).await?;
            let wanted = RecallFormRequest { county: session.county(), form_id: form, reason };
            let answer = client.recall_form(session.request(wanted)).await;
            let answer = answer.map_err(CommandError::call("recalling the form"))?.into_inner();
            if output.json {
                return output.document(&answer);
            }
            output.line("已撤回")
        }
        FormCommand::Show(ShowOptions { named: Named { form, agency }, purpose }) => {
            let mut client = session.forms(&caller(agency.as_ref())).await?;
            let Purpose { purpose } = purpose;
            let request =
                session.request(GetFormRequest { county: session.county(), form_id: form, purpose });
            let answer = client.get_form(request).await.map_err(CommandError::call("the form"))?.into_inner();
            if output.json {
                return output.document(&answer);
            }
            output.text(&page(&answer.form.unwrap_or_default(), output))
        }
        FormCommand::List(options) => list(options, session, output).await,
        FormCommand::Kinds => {
            let mut client = session.forms(&Caller::Officer).await?;
            let request = session.request(ListFormKindsRequest { county: session.county() });
            let answer = client.list_form_kinds(request).await;
            let answer = answer.map_err(CommandError::call("the kinds of forms"))?.into_inner();
            if output.json {
                return output.document(&answer);
            }
            show_kinds(&answer, output)
        }
        FormCommand::Paper(PaperOptions { named: Named { form, agency }, purpose, out }) => {
            let mut client = session.forms(&caller(agency.as_ref())).await?;
            let Purpose { purpose } = purpose;
            let request =
                session.request(GetFormPaperRequest { county: session.county(), form_id: form, purpose });
            let answer = client.get_form_paper(request).await;
            let paper = answer.map_err(CommandError::call("the paper"))?.into_inner();
            std::fs::write(&out, &paper.pdf)
                .map_err(|source| CommandError::File { path: out.clone(), source })?;
            if output.json {
                // What stands in the file is not said again.
                return output.document(&fengqiao_proto::notification::v1::GetFormPaperResponse {
                    pdf: Vec::new(),
                    ..paper
                });
            }
            output.line(&format!("{}  {}页  {}字节", out.display(), paper.pages, paper.pdf.len()))
        }
        FormCommand::Verify(VerifyOptions { code }) => {
            let mut client = session.forms(&Caller::Officer).await?;
            let wanted = VerifyFormRequest { county: session.county(), check_code: code, sha256: Vec::new() };
            let answer = client.verify_form(session.request(wanted)).await;
            let found = answer.map_err(CommandError::call("the form"))?.into_inner();
            if output.json {
                return output.document(&found);
            }
            let issued = output.second(found.issued_at.as_ref());
            let drill = if found.drill { "  演练" } else { "" };
            output.line(&format!(
                "{}  {}  {} → {}  {issued}{drill}",
                found.title, found.number, found.issuer_name, found.addressee
            ))
        }
    }
}

async fn issue(options: IssueOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.forms(&Caller::Officer).await?;
    let fields =
        options.fields.into_iter().map(|(key, text)| FormField { key, text, ..FormField::default() });
    let request = session.request(IssueFormRequest {
        county: session.county(),
        request_id: options.request_id.or_new(),
        kind: options.kind.into(),
        agency: options.agency.unwrap_or_default(),
        addressee: options.to.unwrap_or_default(),
        issuer: options.issuer,
        case_id: options.case,
        case_number: options.case_number,
        level: options.level.into(),
        reason: options.reason,
        fields: fields.collect(),
        drill: options.drill,
    });
    let answer =
        client.issue_form(request).await.map_err(CommandError::call("issuing the form"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let form = answer.form.unwrap_or_default();
    output.line(&format!("{}  {}  {}  {}", form.title, form.number, form.addressee, form.form_id))
}

async fn list(options: ListOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.forms(&caller(options.agency.as_ref())).await?;
    let wanted = ListFormsRequest {
        county: session.county(),
        agency: options.agency.unwrap_or_default(),
        kind: options.kind.unwrap_or_default().into(),
        case_id: options.case,
        ..Default::default()
    };
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (forms, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListFormsRequest { page_size, page_token, ..wanted.clone() });
        async move {
            let page =
                client.list_forms(request).await.map_err(CommandError::call("the forms"))?.into_inner();
            Ok((page.forms, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return forms.iter().try_for_each(|form| output.json_line(form));
    }
    let mut table = Table::of_words(["字号", "文书", "主送", "案件", "印发", "反馈时限", "编号"]);
    for form in &forms {
        table.row(vec![
            form.number.as_str().into(),
            form.title.as_str().into(),
            form.addressee.as_str().into(),
            form.case_number.as_str().into(),
            output.minute(form.issued_at.as_ref()).into(),
            output.minute(form.answer_by.as_ref()).into(),
            form.form_id.as_str().into(),
        ]);
    }
    output.table(&table, "没有文书")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn show_kinds(answer: &ListFormKindsResponse, output: &Output) -> Result<(), CommandError> {
    let mut table = Table::of_words(["文书", "代码", "字号", "手工", "签收", "反馈", "要素"]);
    for rule in &answer.kinds {
        let fields: Vec<String> = rule
            .fields
            .iter()
            .map(|field| format!("{}{}={}", if field.required { "*" } else { "" }, field.key, field.label))
            .collect();
        let kind = words::FORMS.iter().find(|word| word.0 == rule.kind()).map_or("", |word| word.1);
        table.row(vec![
            rule.title.as_str().into(),
            kind.into(),
            rule.first_number.as_str().into(),
            if rule.by_hand { "是" } else { "" }.into(),
            limits(&rule.sign_within).into(),
            limits(&rule.answer_within).into(),
            fields.join(" ").into(),
        ]);
    }
    output.table(&table, "没有文书种类")?;
    let mut seen = Table::of_words(["接收方", "可见"]);
    for rule in &answer.recipients {
        seen.row(vec![rule.name.as_str().into(), rule.sees.join(" ").into()]);
    }
    output.table(&seen, "")
}

fn limits(limits: &[FormLimit]) -> String {
    let one = |limit: &FormLimit| format!("{}{}", words::said(words::LEVELS, limit.level()), limit.limit);
    limits.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// One form, for people.
fn page(form: &Form, output: &Output) -> String {
    let paint = output.paint;
    let drill = if form.drill { "  演练" } else { "" };
    let mut page = format!("{}  {}{drill}\n", form.title, paint.ink(&form.number, Ink::Bold));
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            page.push_str(&format!("  {}  {value}\n", paint.ink(name, Ink::Dim)));
        }
    };
    field("主送", &form.addressee);
    field("单位", &form.agency);
    field("案件", &form.case_number);
    field("印发", &output.second(form.issued_at.as_ref()));
    field("签收时限", &output.second(form.sign_by.as_ref()));
    field("反馈时限", &output.second(form.answer_by.as_ref()));
    if let Some(content) = &form.content {
        field("缘由", &content.reason);
        if let Some(matter) = &content.matter {
            each_field(matter, &mut field);
        }
        for said in &content.fields {
            field(&said.label, &said.text);
        }
    }
    field("校验码", &form.check_code);
    field("编号", &form.form_id);
    page
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_form_goes_to_an_agency_or_to_somebody() {
        let parse = |rest: &[&str]| Cli::try_parse_from(["fengqiao", "form"].iter().chain(rest)).map(|_| ());
        assert!(parse(&["issue", "reminder_letter", "--agency", "housing", "--field", "body=x"]).is_ok());
        assert!(parse(&["issue", "opinion_or_agreement", "--to", "某户", "--field", "body=a=b"]).is_ok());
        assert!(parse(&["issue", "reminder_letter"]).is_err());
        assert!(parse(&["issue", "letter", "--to", "x"]).is_err());
        assert!(parse(&["issue", "reminder_letter", "--to", "x", "--field", "body"]).is_err());
        assert_eq!(field("body=a=b").unwrap(), ("body".to_owned(), "a=b".to_owned()));
    }
}
