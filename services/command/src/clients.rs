//! The clients of all services of the contract, each over a connection of its own.

use fengqiao_proto::{
    intake::v1::{
        activity_service_client::ActivityServiceClient, background_service_client::BackgroundServiceClient,
        change_service_client::ChangeServiceClient, intake_service_client::IntakeServiceClient,
        linkage_service_client::LinkageServiceClient, record_service_client::RecordServiceClient,
        weights_service_client::WeightsServiceClient,
    },
    notification::v1::{
        account_service_client::AccountServiceClient, answer_service_client::AnswerServiceClient,
        attachment_service_client::AttachmentServiceClient, endpoint_service_client::EndpointServiceClient,
        form_service_client::FormServiceClient, notification_service_client::NotificationServiceClient,
        paper_service_client::PaperServiceClient, people_service_client::PeopleServiceClient,
        reading_service_client::ReadingServiceClient,
    },
    routing::v1::{
        alert_service_client::AlertServiceClient, audit_service_client::AuditServiceClient,
        duty_service_client::DutyServiceClient, meeting_service_client::MeetingServiceClient,
        merge_suggestion_service_client::MergeSuggestionServiceClient,
        routing_service_client::RoutingServiceClient, settings_service_client::SettingsServiceClient,
        work_service_client::WorkServiceClient,
    },
    sealing::v1::sealing_service_client::SealingServiceClient,
    statistics::v1::{
        analysis_service_client::AnalysisServiceClient, bulletin_service_client::BulletinServiceClient,
        export_service_client::ExportServiceClient, facts_service_client::FactsServiceClient,
        statistics_service_client::StatisticsServiceClient, watch_service_client::WatchServiceClient,
    },
};

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
};

/// The largest answer that is taken: a full page of cases or figures.
const MOST_ANSWER_BYTES: usize = 64 << 20;

/// A method for each client. Where no process is named, it is said with the call.
macro_rules! clients {
    ($($(#[$about:meta])* $name:ident: $client:ident $(of $process:literal)?),+ $(,)?) => {
        impl Session {
            $(client!($(#[$about])* $name: $client $(of $process)?);)+
        }
    };
}

macro_rules! client {
    ($(#[$about:meta])* $name:ident: $client:ident of $process:literal) => {
        $(#[$about])*
        ///
        /// # Errors
        /// Where it cannot be reached or there is no token for the caller.
        pub async fn $name(&self, caller: &Caller) -> Result<$client<Connection>, CommandError> {
            let (channel, token) = self.connect($process, caller).await?;
            Ok($client::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
        }
    };
    ($(#[$about:meta])* $name:ident: $client:ident) => {
        $(#[$about])*
        ///
        /// # Errors
        /// Where it cannot be reached or there is no token for the caller.
        pub async fn $name(
            &self,
            process: &'static str,
            caller: &Caller,
        ) -> Result<$client<Connection>, CommandError> {
            let (channel, token) = self.connect(process, caller).await?;
            Ok($client::with_interceptor(channel, token).max_decoding_message_size(MOST_ANSWER_BYTES))
        }
    };
}

clients! {
    /// Connects to intake.
    intake: IntakeServiceClient of "intake",
    /// Connects to intake, for what became of reports.
    changes: ChangeServiceClient of "intake",
    /// Connects to intake's linkage.
    linkage: LinkageServiceClient of "intake",
    /// Connects to intake, for how much each evidence weighs.
    weights: WeightsServiceClient of "intake",
    /// Connects to intake, for who was here before.
    background: BackgroundServiceClient of "intake",
    /// Connects to intake, for activities.
    activities: ActivityServiceClient of "intake",
    /// Connects to intake, for records in their sources' own forms.
    records: RecordServiceClient of "intake",
    /// Connects to routing.
    routing: RoutingServiceClient of "routing",
    /// Connects to routing's settings.
    settings: SettingsServiceClient of "routing",
    /// Connects to routing's audit.
    audit: AuditServiceClient of "routing",
    /// Connects to routing's duties besides cases.
    duties: DutyServiceClient of "routing",
    /// Connects to routing's meetings.
    meetings: MeetingServiceClient of "routing",
    /// Connects to routing, for what is owed.
    work: WorkServiceClient of "routing",
    /// Connects to notification, for forms.
    forms: FormServiceClient of "notification",
    /// Connects to notification.
    notification: NotificationServiceClient of "notification",
    /// Connects to notification, for what agencies did.
    answers: AnswerServiceClient of "notification",
    /// Connects to notification, for what officers enter for agencies.
    paper: PaperServiceClient of "notification",
    /// Connects to notification, for who read what was pushed.
    push_readings: ReadingServiceClient of "notification",
    /// Connects to notification, for files.
    attachments: AttachmentServiceClient of "notification",
    /// Connects to a service, for the accounts of its web pages.
    accounts: AccountServiceClient,
    /// Connects to routing, for suggestions to merge cases.
    merge_suggestions: MergeSuggestionServiceClient of "routing",
    /// Connects to routing, for alerts by tier.
    alerts: AlertServiceClient of "routing",
    /// Connects to notification, for what people were told.
    people: PeopleServiceClient of "notification",
    /// Connects to notification, for the agencies' webhooks.
    endpoints: EndpointServiceClient of "notification",
    /// Connects to a service, for the keys that it seals with.
    sealing: SealingServiceClient,
    /// Connects to statistics.
    statistics: StatisticsServiceClient of "statistics",
    /// Connects to what is behind figures.
    analysis: AnalysisServiceClient of "statistics",
    /// Connects to those who make bulletins.
    bulletins: BulletinServiceClient of "statistics",
    /// Connects to those who watch figures.
    watching: WatchServiceClient of "statistics",
    /// Connects to those who keep the facts.
    facts: FactsServiceClient of "statistics",
    /// Connects to the analysts' process, for exports.
    exports: ExportServiceClient of "analysts",
}
