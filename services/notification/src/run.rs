//! Putting the service together, and running it.

use std::{
    collections::HashMap, convert::Infallible, future::Future, path::PathBuf, sync::Arc, time::Duration,
};

use clap::Parser;
use fengqiao_county::Counties;
use fengqiao_messaging::{Apply, Topic};
use fengqiao_pages::{Entrance, providers};
use fengqiao_proto::notification::v1::{
    account_service_server::AccountServiceServer, answer_service_server::AnswerServiceServer,
    attachment_service_server::AttachmentServiceServer, endpoint_service_server::EndpointServiceServer,
    form_service_server::FormServiceServer, notification_service_server::NotificationServiceServer,
    paper_service_server::PaperServiceServer, people_service_server::PeopleServiceServer,
    reading_service_server::ReadingServiceServer,
};
use fengqiao_serving::{
    Foundation, MAX_MESSAGE_BYTES, ServiceName, Settings, StartError, rehashing::hash_anew,
};
use fengqiao_signin::{AccountFace, Door};
use fengqiao_webhook::Poster;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

use crate::{
    MIGRATIONS,
    answer_rules::AnswerRules,
    answering::Answering,
    attachments::{Attachments, LONGEST_UPLOAD, ObjectPlace, Pieces},
    bulletin_events::BulletinEvents,
    delivery::{
        Arrivals, Console, Delivery, Keeper, Kept, Settling, show_gauges, sweep_forever, tell_owed_forever,
    },
    desk::{Desk, DeskOptions, Residents, SITE},
    endpoints::{Endpoint, Endpoints},
    forms::{Forms, press},
    grpc::{EndpointFace, FormFace, NotificationFace, PaperFace, PeopleFace, UPLOAD},
    people::{People, PeopleEvents, PeopleRehashing, Sender, keep_up_forever},
    queue::{Bells, QueueKeys, Queues, listen},
    recording::Recording,
    settings::DeliverySettings,
    staff::StaffWatch,
    store::{SEALED_COLUMNS, Store},
};

/// How long the store's own connections may take to end.
const STORE_ENDS: Duration = Duration::from_secs(5);
/// How long streams may take to end.
const STREAMS_END: Duration = Duration::from_secs(3);

/// Brings pushes to agencies and takes what they answer.
#[derive(Debug, Clone, Parser)]
#[command(name = "fengqiao-notification", version)]
pub struct Options {
    /// What every service takes.
    #[command(flatten)]
    pub settings: Settings,
    /// A file with more webhook endpoints than the counties' folders have, in the form of endpoints.toml,
    /// each with its county.
    #[arg(long, env = "FENGQIAO_ENDPOINTS_FILE", value_delimiter = ',')]
    pub endpoints_file: Vec<PathBuf>,
    /// A file in the form of notification.toml, in place of those in the counties' folders.
    #[arg(long, env = "FENGQIAO_NOTIFICATION_FILE")]
    pub notification_file: Option<PathBuf>,
    /// The folder of the fonts in which forms are printed.
    #[arg(long, env = "FENGQIAO_FONT_FOLDER", default_value = fengqiao_paper::FONT_FOLDER)]
    pub font_folder: PathBuf,
    /// The folder of the channels to persons that are files; without it nobody is told by those.
    #[arg(long, env = "FENGQIAO_PEOPLE_FOLDER")]
    pub people_folder: Option<PathBuf>,
    /// Where files that agencies hand in are kept.
    #[command(flatten)]
    pub files: ObjectPlace,
    /// The agency desk.
    #[command(flatten)]
    pub desk: DeskOptions,
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// [`StartError`] where it cannot start, or where a task failed.
pub async fn run(options: Options) -> Result<(), StartError> {
    let migrations = [&MIGRATIONS, &fengqiao_signin::MIGRATIONS];
    let mut foundation = Foundation::start(&options.settings, ServiceName::Notification, &migrations).await?;
    foundation.sealed_columns = SEALED_COLUMNS;
    foundation.let_last(UPLOAD, LONGEST_UPLOAD);
    let (settings, endpoints) = configuration(&options, &foundation.counties)?;
    let counties = foundation.counties.codes();
    let keys = QueueKeys::new(foundation.keys.clone());
    let queues = Queues::new(foundation.redis.clone(), keys.clone());
    let store = Store::new(foundation.pool.clone(), foundation.outbox.clone());
    let at_the_end = store.clone();
    let bells = Bells::default();
    let keyring = Arc::clone(&foundation.keyring);
    let forms = Forms::load(&foundation.counties, keyring, store.clone(), press(&options.font_folder))?;
    let forms = Arc::new(forms);
    forms.keep_templates().await.map_err(|error| StartError::Configuration(error.to_string()))?;
    let (settling, settlers) = Settling::new(&counties, &store, &queues);
    let delivery = Arc::new(Delivery {
        store: store.clone(),
        queues,
        bells: bells.clone(),
        kept: Kept::default(),
        endpoints,
        settling,
        keyring: Arc::clone(&foundation.keyring),
        settings,
    });
    for settler in settlers {
        foundation.work_beside_messaging(settler.run(foundation.stop.clone()));
    }
    let told = foundation.stop.clone();
    let stop = || told.clone();
    spawn(
        &foundation,
        "bell",
        listen(foundation.redis_server.clone(), keys, counties.clone(), bells, stop()),
    );
    spawn(&foundation, "sweeper", sweep_forever(Arc::clone(&delivery), counties.clone(), stop()));
    spawn(&foundation, "gauges", show_gauges(store.clone(), counties.clone(), stop()));
    let (owed, watched) = (tell_owed_forever(store.clone(), counties.clone()), stop());
    spawn(&foundation, "owed", async move { watched.run_until_cancelled(owed).await.unwrap_or(()) });
    let poster = Poster::new()
        .map_err(|e| StartError::Configuration(format!("webhooks cannot be sent over TLS: {e}")))?;
    let webhooks: Vec<Endpoint> = delivery.endpoints.iter().cloned().collect();
    for endpoint in &webhooks {
        tracing::info!(county = endpoint.county, agency = endpoint.agency, "an agency has a webhook");
    }
    let streams = TaskTracker::new();
    spawn(&foundation, "streams", {
        let (streams, stop) = (streams.clone(), stop());
        async move {
            stop.cancelled().await;
            streams.close();
            if timeout(STREAMS_END, streams.wait()).await.is_err() {
                tracing::warn!(left = streams.len(), "streams did not end in time");
            }
        }
    });
    let people = people(&options, &foundation, &delivery, &poster)?;
    let answering = answering(&options, &foundation, &delivery, store.clone(), counties)?;
    let door = Door::open(&foundation)?;
    let mut staff = StaffWatch::new(
        store.clone(),
        door.clone(),
        Arc::clone(&foundation.keyring),
        foundation.counties.codes(),
    );
    // What was told earlier holds from the start.
    staff.look().await.map_err(|error| StartError::Configuration(error.to_string()))?;
    let watching = (staff.run(), foundation.stop.clone());
    spawn(
        &foundation,
        "staff",
        async move { watching.1.run_until_cancelled(watching.0).await.unwrap_or(()) },
    );
    if let Some(listen) = options.desk.desk_listen {
        let desk = &options.desk;
        let providers = providers(desk.sign_in_file.as_deref(), desk.desk_address.as_deref())?;
        let (counties, keyring) = (Arc::clone(&foundation.counties), Arc::clone(&foundation.keyring));
        let residents = Residents::new(
            store.clone(),
            Arc::clone(&keyring),
            Arc::clone(&counties),
            door.clone(),
            people.clone(),
            foundation.pool.clone(),
        );
        let entrance = Entrance::new(&SITE, door.clone(), counties, keyring, providers);
        let forms = Arc::clone(&forms);
        let desk = Desk::new(answering.clone(), Arc::clone(&delivery), entrance, residents, forms);
        foundation.serve_http(listen, desk.router()).await?;
    }
    // Late: a process that has found out above that it cannot start has taken no agency.
    let keeper = Keeper::new(Arc::clone(&delivery), webhooks, poster.clone());
    foundation.work_beside_messaging(keeper.run(stop()));
    let console = EndpointServiceServer::new(EndpointFace::new(Console::new(Arc::clone(&delivery), poster)));
    let events = PeopleEvents::new(people.clone(), Arc::clone(&foundation.keyring));
    let arrivals = Arrivals::new(Arc::clone(&delivery), Arc::clone(&forms));
    let persons = PeopleFace::new(store, Arc::clone(&foundation.keyring), people);
    let bulletins = BulletinEvents::new(Arc::clone(&delivery), Arc::clone(&forms));
    let by_hand = FormServiceServer::new(FormFace::new(Arc::clone(&delivery), forms));
    let recording = Recording::new(Arc::clone(&delivery), answering.clone(), door.clone());
    let paper = PaperServiceServer::new(PaperFace::new(Arc::clone(&delivery), recording));
    let face = NotificationFace::new(delivery, answering, streams, stop());
    let service = NotificationServiceServer::new(face.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let routes = Routes::new(service)
        .add_service(console)
        .add_service(PeopleServiceServer::new(persons).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(paper.max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(by_hand.max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(AnswerServiceServer::new(face.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(ReadingServiceServer::new(face.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(AttachmentServiceServer::new(face).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(
            AccountServiceServer::new(AccountFace::new(door)).max_decoding_message_size(MAX_MESSAGE_BYTES),
        );
    let receivers: Vec<(Topic, Arc<dyn Apply>)> = vec![
        (Topic::Routing, Arc::new(arrivals)),
        (Topic::Routing, Arc::new(events)),
        (Topic::Statistics, Arc::new(bulletins)),
    ];
    let served = foundation.serve(routes, receivers).await;
    let _ = timeout(STORE_ENDS, at_the_end.close()).await;
    served
}

/// Tells persons, each county by its own channels.
fn people(
    options: &Options,
    foundation: &Foundation,
    delivery: &Delivery,
    poster: &Poster,
) -> Result<People, StartError> {
    let people = People::load(&foundation.counties, options.people_folder.as_deref(), poster)?;
    for county in people.iter() {
        let settings = delivery.settings_of(&county.county.code);
        for sender in Sender::all_of(county, &delivery.store, &foundation.keyring, &settings) {
            spawn(foundation, "sender", sender.run(foundation.stop.clone()));
        }
    }
    let rehashing = PeopleRehashing::new(
        delivery.store.clone(),
        foundation.counties.codes(),
        Arc::clone(&foundation.keyring),
    );
    let (keyring, progress) = (Arc::clone(&foundation.keyring), foundation.lookup_progress());
    foundation.tasks.spawn("hashing anew", hash_anew(rehashing, keyring, progress, foundation.stop.clone()));
    let (keeping, stop) =
        (keep_up_forever(delivery.store.clone(), foundation.counties.codes()), foundation.stop.clone());
    spawn(foundation, "people", async move { stop.run_until_cancelled(keeping).await.unwrap_or(()) });
    Ok(people)
}

/// Takes what agencies answer, with their files.
fn answering(
    options: &Options,
    foundation: &Foundation,
    delivery: &Arc<Delivery>,
    store: Store,
    counties: Vec<String>,
) -> Result<Answering, StartError> {
    let mut rules = HashMap::new();
    for county in foundation.counties.iter() {
        rules.insert(county.code.clone(), AnswerRules::load(&county.folder.join("answers.toml"))?);
    }
    let pieces = Pieces::new(store.clone(), &options.files)
        .map_err(|error| StartError::Configuration(format!("the object store: {error}")))?;
    let files = Attachments::new(store, pieces, Arc::clone(&foundation.keyring));
    let (sweeping, stop) = (files.clone().sweep_forever(counties), foundation.stop.clone());
    spawn(foundation, "files", async move { stop.run_until_cancelled(sweeping).await.unwrap_or(()) });
    Ok(Answering::new(Arc::clone(delivery), files, rules))
}

fn spawn(foundation: &Foundation, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
    foundation.tasks.spawn(name, async move {
        task.await;
        Ok::<(), Infallible>(())
    });
}

/// Reads how each county delivers and which agencies have webhooks.
fn configuration(
    options: &Options,
    counties: &Counties,
) -> Result<(HashMap<String, DeliverySettings>, Endpoints), StartError> {
    let mut settings = HashMap::new();
    let mut endpoints = Endpoints::default();
    for county in counties.iter() {
        let own = county.folder.join("notification.toml");
        let file = options.notification_file.as_ref().unwrap_or(&own);
        settings.insert(county.code.clone(), DeliverySettings::load(file)?);
        let file = county.folder.join("endpoints.toml");
        if file.exists() {
            endpoints.add(&file, Some(&county.code))?;
        }
    }
    for file in &options.endpoints_file {
        let only = counties.codes();
        endpoints.add(file, <[String; 1]>::try_from(only).ok().as_ref().map(|[code]| code.as_str()))?;
    }
    if let Some(stray) = endpoints.iter().find(|endpoint| counties.get(&endpoint.county).is_none()) {
        return Err(StartError::Configuration(format!(
            "the endpoint of {} names county {}, which is not served here",
            stray.agency, stray.county
        )));
    }
    Ok((settings, endpoints))
}
