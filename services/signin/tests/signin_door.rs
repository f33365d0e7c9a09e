//! The door on a real Postgres, and a provider of the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    path::Path,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use fengqiao_access::TokenSigner;
use fengqiao_county::Counties;
use fengqiao_sealing::Keyring;
use fengqiao_signin::{
    AccountName, Door, NewAccount, STATEMENTS, SignInError,
    openid::{Provider, ProviderEntry},
    password::{Hashing, TooWeak},
    staff::Staff,
};
use fengqiao_stack::test_database::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    Audience, EmptyAdditionalClaims, EmptyExtraTokenFields, IssuerUrl, JsonWebKeyId, Nonce,
    PrivateSigningKey as _, StandardClaims, SubjectIdentifier,
    core::{
        CoreEdDsaPrivateSigningKey, CoreIdToken, CoreIdTokenClaims, CoreIdTokenFields,
        CoreJwsSigningAlgorithm,
    },
};
use sqlx::{
    Executor as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

const COUNTY: &str = "421181";

struct World {
    door: Door,
    pool: PgPool,
    _database: TestDatabase,
}

async fn world() -> World {
    let database = TestDatabase::create().await.unwrap();
    let options = PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", "desk")]);
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    pool.execute("CREATE SCHEMA desk").await.unwrap();
    fengqiao_signin::MIGRATIONS.run(&pool).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let counties = Counties::load(&[folder]).unwrap();
    let door = Door::new(pool.clone(), &counties, Hashing::new().unwrap()).unwrap();
    World { door, pool, _database: database }
}

fn new(name: &str, subject: Option<&str>) -> NewAccount {
    NewAccount {
        name: AccountName::read(name).unwrap(),
        person: "officer-zhao".into(),
        agency: "police".into(),
        subject: subject.map(str::to_owned),
    }
}

fn now() -> Timestamp {
    "2026-11-27T09:00:00+08:00".parse().unwrap()
}

fn after(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let world = world().await;
    let mut conn = world.pool.acquire().await.unwrap();
    for (name, statement) in STATEMENTS {
        let prepare = format!("PREPARE s_{name} AS {statement}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
            .execute(&mut *conn)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[tokio::test]
async fn an_account_is_a_person_s_in_a_post_and_its_first_password_is_changed() {
    let world = world().await;
    let door = &world.door;
    let (account, first) = door.add(COUNTY, &new("zhao", None), now()).await.unwrap();
    assert_eq!((account.post.as_str(), account.agency.as_str()), ("community-officer", "police"));
    assert!(account.must_change && account.has_password);
    let elsewhere = NewAccount { agency: "justice".into(), ..new("zhao2", None) };
    assert!(matches!(door.add(COUNTY, &elsewhere, now()).await.unwrap_err(), SignInError::NoPost));
    assert!(matches!(door.add(COUNTY, &new("zhao", None), now()).await.unwrap_err(), SignInError::Taken));

    let first = first.unwrap();
    let token = door.by_password(COUNTY, "Zhao", first.clone(), now()).await.unwrap();
    let other = door.by_password(COUNTY, "zhao", first.clone(), now()).await.unwrap();
    let signed = door.signed(token.clone(), now()).await.unwrap().unwrap();
    assert_eq!((signed.person_name.as_str(), signed.agency_name.as_str()), ("赵刚", "麻城市公安局"));
    assert!(signed.fits_form(&token.form_token()) && !signed.fits_form(&other.form_token()));
    let easy = door.change_password(&signed, first.clone(), "zhao".into(), now()).await.unwrap_err();
    assert!(matches!(easy, SignInError::Password(TooWeak::Length)));
    door.change_password(&signed, first.clone(), "一个足够长的新口令呀呀呀".into(), now()).await.unwrap();
    assert!(!door.signed(token, now()).await.unwrap().unwrap().account.must_change);
    assert!(door.signed(other, now()).await.unwrap().is_none(), "other sessions end with the old password");
    assert!(matches!(door.by_password(COUNTY, "zhao", first, now()).await.unwrap_err(), SignInError::Wrong));
}

#[tokio::test]
async fn a_session_ends_by_idleness_by_age_by_signing_out_and_by_the_lock() {
    let world = world().await;
    let door = &world.door;
    let (_, password) = door.add(COUNTY, &new("zhao", None), now()).await.unwrap();
    let password = password.unwrap();
    let enter = async |at| door.by_password(COUNTY, "zhao", password.clone(), at).await.unwrap();
    let here = async |token: &fengqiao_signin::token::Token, at| {
        door.signed(token.clone(), at).await.unwrap().is_some()
    };
    let token = enter(now()).await;
    assert!(here(&token, after(29)).await && here(&token, after(58)).await);
    assert!(!here(&token, after(58 + 31)).await, "idle");
    let token = enter(now()).await;
    for minutes in (0..600).step_by(20) {
        assert!(here(&token, after(minutes)).await, "{minutes}");
    }
    assert!(!here(&token, after(601)).await, "a day's work is over");
    let token = enter(now()).await;
    let signed = door.signed(token.clone(), now()).await.unwrap().unwrap();
    door.sign_out(&signed).await.unwrap();
    assert!(!here(&token, now()).await);
    let token = enter(now()).await;
    let name = AccountName::read("zhao").unwrap();
    assert!(door.lock(COUNTY, &name, Some(now())).await.unwrap().locked_at.is_some());
    assert!(!here(&token, now()).await);
    let locked = door.by_password(COUNTY, "zhao", password.clone(), now()).await.unwrap_err();
    assert!(matches!(locked, SignInError::Wrong), "that it is locked is not for a stranger to know");
    door.lock(COUNTY, &name, None).await.unwrap();
    enter(now()).await;
    // A cookie of nobody, and one of a county that is not served.
    for county in [COUNTY, "330681"] {
        let stray = fengqiao_signin::token::Token::generate(county);
        assert!(!here(&stray, now()).await);
    }
}

#[tokio::test]
async fn wrong_passwords_wait_longer_and_longer_and_a_name_that_is_not_there_waits_too() {
    let world = world().await;
    let door = &world.door;
    let (_, password) = door.add(COUNTY, &new("zhao", None), now()).await.unwrap();
    let password = password.unwrap();
    for name in ["zhao", "nobody"] {
        for _ in 0..5 {
            let wrong = door.by_password(COUNTY, name, "wrong password".into(), now()).await.unwrap_err();
            assert!(matches!(wrong, SignInError::Wrong), "{name} {wrong:?}");
        }
        let refused = door.by_password(COUNTY, name, password.clone(), now()).await.unwrap_err();
        let SignInError::Waiting(until) = refused else { panic!("{name} {refused:?}") };
        assert_eq!(until, now() + SignedDuration::from_secs(30));
    }
    let later = now() + SignedDuration::from_secs(31);
    let wrong = door.by_password(COUNTY, "zhao", "wrong password".into(), later).await.unwrap_err();
    assert!(matches!(wrong, SignInError::Wrong));
    let SignInError::Waiting(until) =
        door.by_password(COUNTY, "zhao", password.clone(), later).await.unwrap_err()
    else {
        panic!("it waits again")
    };
    assert_eq!(until, later + SignedDuration::from_secs(60));
    door.by_password(COUNTY, "zhao", password.clone(), later + SignedDuration::from_secs(61)).await.unwrap();
    // All is forgotten with the right one.
    door.by_password(COUNTY, "zhao", "wrong password".into(), after(5)).await.unwrap_err();
    door.by_password(COUNTY, "zhao", password, after(5)).await.unwrap();
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_counted_each() {
    let world = world().await;
    let door = &world.door;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let door = door.clone();
        guesses.spawn(async move {
            door.by_password(COUNTY, "zhao", "wrong password".into(), now()).await.unwrap_err()
        });
    }
    let looked_at =
        guesses.join_all().await.into_iter().filter(|error| matches!(error, SignInError::Wrong)).count();
    assert_eq!(looked_at, 5);
}

/// What the provider of the test says.
struct Said {
    issuer: String,
    key: std::sync::Mutex<CoreEdDsaPrivateSigningKey>,
    /// How often it was asked for its keys.
    asked: AtomicUsize,
    /// It does not say where it is found, and signs all the same.
    away: AtomicBool,
    /// The nonce of the way, as the test read it from the address.
    nonce: std::sync::Mutex<String>,
    /// What came with the last code.
    verifier: std::sync::Mutex<String>,
}

impl Said {
    /// From now on it signs with a new key, and names only this one.
    fn change_key(&self, id: &str) {
        *self.key.lock().unwrap() = key(id);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let (private, _) = TokenSigner::generate().unwrap();
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&private, Some(JsonWebKeyId::new(id.into()))).unwrap()
}

async fn provider() -> Arc<Said> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let said = Arc::new(Said {
        issuer,
        key: key("1").into(),
        asked: Default::default(),
        away: Default::default(),
        nonce: Default::default(),
        verifier: Default::default(),
    });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(|State(said): State<Arc<Said>>| async move {
            if said.away.load(Ordering::Relaxed) {
                return Err(StatusCode::SERVICE_UNAVAILABLE);
            }
            let at = |path: &str| format!("{}/{path}", said.issuer);
            Ok(Json(serde_json::json!({
                "issuer": said.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
                "jwks_uri": at("keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
            })))
        }))
        .route("/keys", get(|State(said): State<Arc<Said>>| async move {
            said.asked.fetch_add(1, Ordering::Relaxed);
            Json(serde_json::json!({ "keys": [said.key.lock().unwrap().as_verification_key()] }))
        }))
        .route("/token", post(|State(said): State<Arc<Said>>, Form(form): Form<std::collections::HashMap<String, String>>| async move {
            *said.verifier.lock().unwrap() = form["code_verifier"].clone();
            let hour = std::time::Duration::from_secs(3600);
            let claims = CoreIdTokenClaims::new(
                IssuerUrl::new(said.issuer.clone()).unwrap(),
                vec![Audience::new("fengqiao-desk".into())],
                (std::time::SystemTime::now() + hour).into(),
                std::time::SystemTime::now().into(),
                StandardClaims::new(SubjectIdentifier::new("subject-of-zhao".into())),
                EmptyAdditionalClaims {},
            )
            .set_nonce(Some(Nonce::new(said.nonce.lock().unwrap().clone())));
            let token = CoreIdToken::new(claims, &*said.key.lock().unwrap(), CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap();
            let fields = CoreIdTokenFields::new(Some(token), EmptyExtraTokenFields {});
            let mut answer = serde_json::to_value(fields).unwrap();
            answer["access_token"] = "x".into();
            answer["token_type"] = "bearer".into();
            Json(answer)
        }))
        .with_state(said.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    said
}

/// We, as the provider knows us.
fn ours(said: &Said) -> Provider {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "shared secret\n").unwrap();
    let entry = ProviderEntry {
        county: COUNTY.into(),
        issuer: said.issuer.clone(),
        client_id: "fengqiao-desk".into(),
        client_secret_file: "secret".into(),
    };
    Provider::new(&entry, &folder.path().join("sign_in.toml"), "https://desk.example/openid/back").unwrap()
}

fn asked(address: &str) -> std::collections::HashMap<String, String> {
    url::Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn whom_the_county_s_provider_knows_is_let_in_by_pkce_and_a_nonce() {
    let world = world().await;
    let door = &world.door;
    let said = provider().await;
    let ours = ours(&said);
    let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
    let (account, none) = door.add(COUNTY, &new("zhao", Some("subject-of-zhao")), now()).await.unwrap();
    assert!(!account.must_change, "there is no password to change");
    assert_eq!(none, None, "there is no password");

    let (address, cookie) = ours.begin(&keyring, now()).await.unwrap();
    let asked = asked(&address);
    assert_eq!((asked["code_challenge_method"].as_str(), asked["scope"].as_str()), ("S256", "openid"));
    assert!(!cookie.contains(&asked["state"]) && !address.contains("verifier"));
    *said.nonce.lock().unwrap() = asked["nonce"].clone();
    let subject = ours.finish(&keyring, &cookie, &asked["state"], "code".into(), now()).await.unwrap();
    assert_eq!(subject, "subject-of-zhao");
    assert!(said.verifier.lock().unwrap().len() >= 43);
    let token = door.by_subject(COUNTY, &subject, now()).await.unwrap();
    assert_eq!(door.signed(token, now()).await.unwrap().unwrap().account.name, "zhao");
    assert!(matches!(door.by_subject(COUNTY, "a stranger", now()).await.unwrap_err(), SignInError::Wrong));
    let by_password = door.by_password(COUNTY, "zhao", String::new(), now()).await.unwrap_err();
    assert!(matches!(by_password, SignInError::Wrong));

    // Another state, a cookie of another installation, a way that took too long, a token for another way.
    let other = Keyring::from_toml(&Keyring::generate()).unwrap();
    for (keyring, state, at) in [
        (&keyring, "x", now()),
        (&other, asked["state"].as_str(), now()),
        (&keyring, &asked["state"], after(11)),
    ] {
        let stray = ours.finish(keyring, &cookie, state, "code".into(), at).await.unwrap_err();
        assert!(matches!(stray, SignInError::Stray), "{stray:?}");
    }
    *said.nonce.lock().unwrap() = "another way's".into();
    let replayed = ours.finish(&keyring, &cookie, &asked["state"], "code".into(), now()).await.unwrap_err();
    assert!(matches!(replayed, SignInError::Provider(_)), "{replayed:?}");
}

#[tokio::test]
async fn a_provider_that_changes_its_key_is_asked_anew_once_and_not_for_every_token() {
    let said = provider().await;
    let ours = ours(&said);
    let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
    let sign_in = async |at| {
        let (address, cookie) = ours.begin(&keyring, at).await.unwrap();
        let asked = asked(&address);
        *said.nonce.lock().unwrap() = asked["nonce"].clone();
        // Many come back at once.
        let back = (0..8).map(|_| ours.finish(&keyring, &cookie, &asked["state"], "code".into(), at));
        let subjects = futures::future::join_all(back).await;
        let let_in = subjects.iter().filter(|one| one.as_ref().is_ok_and(|who| who == "subject-of-zhao"));
        let_in.count()
    };
    assert_eq!((sign_in(now()).await, said.asked()), (8, 1));
    assert_eq!((sign_in(after(60)).await, said.asked()), (8, 1), "what is known is not asked again");
    said.change_key("2");
    assert_eq!((sign_in(after(61)).await, said.asked()), (8, 2));
    // Another key by the same name; and the provider was asked in this minute.
    said.change_key("2");
    assert_eq!((sign_in(after(61)).await, said.asked()), (0, 2));
    assert_eq!((sign_in(after(62)).await, said.asked()), (8, 3));

    // It cannot be asked: what is known goes on to hold, and is made good when it can.
    said.away.store(true, Ordering::Relaxed);
    let known = std::mem::replace(&mut *said.key.lock().unwrap(), key("3"));
    assert_eq!((sign_in(after(70)).await, said.asked()), (0, 3));
    let new = std::mem::replace(&mut *said.key.lock().unwrap(), known);
    assert_eq!((sign_in(after(71)).await, said.asked()), (8, 3));
    *said.key.lock().unwrap() = new;
    said.away.store(false, Ordering::Relaxed);
    assert_eq!((sign_in(after(72)).await, said.asked()), (8, 4));
}

#[tokio::test]
async fn guesses_at_what_is_no_account_wait_as_at_the_door_and_the_right_one_forgets_them() {
    let world = world().await;
    let lockout = fengqiao_signin::Lockout::new(world.pool.clone(), "case:");
    for _ in 0..5 {
        lockout.count_try(COUNTY, "20261127-0001", now()).await.unwrap();
    }
    let waiting = lockout.count_try(COUNTY, "20261127-0001", now()).await.unwrap_err();
    assert!(matches!(waiting, SignInError::Waiting(until) if until == now() + SignedDuration::from_secs(30)));
    // Another case, and the account of this name, know nothing of it.
    lockout.count_try(COUNTY, "20261127-0002", now()).await.unwrap();
    lockout.forgive(COUNTY, "20261127-0001").await.unwrap();
    lockout.count_try(COUNTY, "20261127-0001", now()).await.unwrap();
}

#[tokio::test]
async fn the_desk_is_open_to_an_agency_with_an_account_that_lets_somebody_in() {
    let world = world().await;
    let door = &world.door;
    let open = async |agency: &str| door.is_open_to(COUNTY, agency, now()).await.unwrap();
    assert!(!open("police").await);
    let name = door.add(COUNTY, &new("zhao", None), now()).await.unwrap().0.name;
    let name = AccountName::read(&name).unwrap();
    assert!(open("police").await && !open("justice").await);
    assert!(!door.is_open_to("330681", "police", now()).await.unwrap());
    door.lock(COUNTY, &name, Some(now())).await.unwrap();
    assert!(!open("police").await);
    door.lock(COUNTY, &name, None).await.unwrap();
    assert!(open("police").await);
    // Who has left the post is not let in.
    door.take_people(COUNTY, Staff::of_directory(&fengqiao_proto::routing::v1::Staff::default()));
    assert!(!open("police").await);
}

#[tokio::test]
async fn who_comes_into_the_county_s_folder_can_sign_in_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    for entry in std::fs::read_dir(sample).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let counties = Counties::load(&[folder.path().to_owned()]).unwrap();
    // No statement is made here: nobody waits for a database.
    let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
    let door = Door::new(pool, &counties, Hashing::new().unwrap()).unwrap();
    let day = jiff::civil::date(2026, 11, 27);
    let post = |door: &Door| door.staff(COUNTY).unwrap().post_in("officer-new", "police", day).is_some();
    assert!(!post(&door));
    let file = folder.path().join("people.csv");
    let people = std::fs::read_to_string(&file).unwrap();
    let more = format!("{people}officer-new,新人,community-officer,2026-01-01,,15420041999,\n");
    std::fs::write(&file, &more).unwrap();
    door.read_people_again();
    assert!(post(&door));
    // A file with a mistake changes nothing.
    std::fs::write(&file, "person,name\nx\n").unwrap();
    door.read_people_again();
    assert!(post(&door));
}
