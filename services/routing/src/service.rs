//! Putting the service together.

use std::{convert::Infallible, sync::Arc};

use fengqiao_messaging::Topic;
use fengqiao_serving::{
    Foundation, ServiceName, Settings, StartError,
    time::{Clock, now},
};
use tonic::service::Routes;
use uuid::Uuid;

use crate::{
    MIGRATIONS,
    alert_events::AlertEvents,
    calendar_worker::{AT_ONCE, CalendarWorker},
    clock_worker::ClockWorker,
    cluster_suggestions::ClusterSuggestions,
    commands::Commands,
    counties::RoutingCounties,
    grpc::{AuditFace, RoutingFace, SettingsFace},
    intake_events::IntakeEvents,
    receipt_events::ReceiptEvents,
    retention::Retention,
    series_worker::SeriesWorker,
    settings::{SettingError, Settings as CountySettings, SettingsWatch},
    store::SEALED_COLUMNS,
    watchers::Watchers,
};

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] says why it could not start, or which part failed.
pub async fn run(settings: &Settings) -> Result<(), StartError> {
    let mut foundation = Foundation::start(settings, ServiceName::Routing, &[&MIGRATIONS]).await?;
    foundation.sealed_columns = SEALED_COLUMNS;
    let counties = Arc::new(RoutingCounties::load(&foundation.counties, now())?);
    let watchers = Watchers::default();
    let clock = Clock::system();
    let county_settings = CountySettings {
        pool: foundation.pool.clone(),
        keyring: Arc::clone(&foundation.keyring),
        clock: clock.clone(),
    };
    let watch = SettingsWatch { settings: county_settings.clone(), counties: Arc::clone(&counties) };
    watch.start().await.map_err(unusable)?;
    foundation.tasks.spawn("watching settings", watch.clone().run(foundation.stop.clone()));
    let intake = IntakeEvents {
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        outbox: foundation.outbox.clone(),
        watchers: watchers.clone(),
        clock: clock.clone(),
        settings: watch,
    };
    let receipts = ReceiptEvents {
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        outbox: foundation.outbox.clone(),
        watchers: watchers.clone(),
    };
    let alerts = AlertEvents { counties: Arc::clone(&counties), keyring: Arc::clone(&foundation.keyring) };
    let commands = Commands {
        pool: foundation.pool.clone(),
        keyring: Arc::clone(&foundation.keyring),
        outbox: foundation.outbox.clone(),
        watchers: watchers.clone(),
        clock: clock.clone(),
    };
    let clocks = ClockWorker {
        pool: foundation.pool.clone(),
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        outbox: foundation.outbox.clone(),
        watchers: watchers.clone(),
        clock: clock.clone(),
    };
    let calendars = CalendarWorker {
        id: Uuid::now_v7(),
        pool: foundation.pool.clone(),
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        outbox: foundation.outbox.clone(),
        watchers: watchers.clone(),
        clock: clock.clone(),
        at_once: AT_ONCE,
    };
    foundation.tasks.spawn("applying calendars", calendars.run(foundation.stop.clone()));
    foundation.tasks.spawn("firing clocks", clocks.run(foundation.stop.clone()));
    let series = SeriesWorker {
        pool: foundation.pool.clone(),
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        clock: clock.clone(),
    };
    let retention = Retention {
        pool: foundation.pool.clone(),
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        clock: clock.clone(),
    };
    foundation.tasks.spawn("removing who visited", retention.run(foundation.stop.clone()));
    let suggestions = ClusterSuggestions {
        pool: foundation.pool.clone(),
        counties: Arc::clone(&counties),
        keyring: Arc::clone(&foundation.keyring),
        clock,
    };
    foundation.tasks.spawn("suggesting mergers and splits", suggestions.run(foundation.stop.clone()));
    foundation.tasks.spawn("making the duties of series", series.run(foundation.stop.clone()));
    let (forgetting, stop) = (commands.clone(), foundation.stop.clone());
    foundation.tasks.spawn("forgetting old answers", async move {
        forgetting.forget_old_answers(stop).await;
        Ok::<(), Infallible>(())
    });
    let audit = AuditFace::new(
        foundation.pool.clone(),
        Arc::clone(&counties),
        Arc::clone(&foundation.keyring),
        commands.clock.clone(),
    );
    let anchors = audit.clone().log_anchors(foundation.stop.clone());
    foundation.tasks.spawn("logging anchors", async move {
        anchors.await;
        Ok::<(), Infallible>(())
    });
    let settings_face = SettingsFace { settings: county_settings, counties: Arc::clone(&counties) };
    let face = RoutingFace {
        pool: foundation.pool.clone(),
        counties,
        keyring: Arc::clone(&foundation.keyring),
        commands,
        watchers,
        stop: foundation.stop.clone(),
    };
    let routes = Routes::new(face.clone().into_server())
        .add_service(face.clone().into_work_server())
        .add_service(face.clone().into_duty_server())
        .add_service(face.clone().into_alert_server())
        .add_service(face.clone().into_merge_suggestion_server())
        .add_service(face.into_meeting_server())
        .add_service(audit.into_server())
        .add_service(settings_face.into_server());
    foundation
        .serve(
            routes,
            vec![
                (Topic::Intake, Arc::new(intake)),
                (Topic::Notification, Arc::new(receipts)),
                (Topic::Statistics, Arc::new(alerts)),
            ],
        )
        .await
}

/// What was made to hold before does not fit this county's folder or this program, or cannot be read.
fn unusable(error: SettingError) -> StartError {
    match error {
        SettingError::Mistakes(mistakes) => StartError::County(mistakes),
        error => StartError::Configuration(format!("the settings that hold cannot be read: {error}")),
    }
}
