//! Letting people in: by password or through the provider, and knowing them again.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use fengqiao_county::{Counties, County, Mistakes};
use fengqiao_serving::{Foundation, StartError, time};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::time::sleep;

use crate::{
    Account, AccountName, NewAccount, SignInError,
    password::{self, Hashing},
    staff::Staff,
    store::Store,
    token::Token,
};

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The county.
    pub county: String,
    /// The account.
    pub account: Account,
    /// The person's name.
    pub person_name: String,
    /// The name of the post in whose capacity the person acts.
    pub post_name: String,
    /// The agency's name.
    pub agency_name: String,
    token: Token,
}

impl Signed {
    /// What each form that changes something carries.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.token.form_token()
    }

    /// Whether a form carries it.
    #[must_use]
    pub fn fits_form(&self, given: &str) -> bool {
        self.token.fits_form(given)
    }
}

struct Place {
    county: Arc<County>,
    staff: RwLock<Held>,
}

/// The people of a county, and whether they are those of its folder.
struct Held {
    staff: Arc<Staff>,
    of_folder: bool,
}

impl Held {
    fn of_folder(staff: Staff) -> Self {
        Self { staff: Arc::new(staff), of_folder: true }
    }
}

impl Place {
    fn staff(&self) -> Arc<Staff> {
        Arc::clone(&self.staff.read().unwrap_or_else(PoisonError::into_inner).staff)
    }

    /// Reads the folder again, where that holds. One with mistakes changes nothing.
    fn read_again(&self) {
        match Staff::load(&self.county.folder) {
            Ok(staff) => {
                let mut held = self.staff.write().unwrap_or_else(PoisonError::into_inner);
                if held.of_folder {
                    *held = Held::of_folder(staff);
                }
            }
            Err(mistakes) => {
                let (county, error) = (self.county.code.as_str(), mistakes.to_string());
                tracing::warn!(county, error, "the people of the county's folder stay as they were");
            }
        }
    }
}

/// The door of a service's pages.
#[derive(Clone)]
pub struct Door {
    store: Store,
    hashing: Hashing,
    places: Arc<HashMap<String, Place>>,
}

impl Door {
    /// With the accounts in this schema, and the people of these counties' folders.
    ///
    /// # Errors
    /// What is wrong in a folder.
    pub fn new(pool: PgPool, counties: &Counties, hashing: Hashing) -> Result<Self, Mistakes> {
        let mut places = HashMap::new();
        for county in counties.iter() {
            let staff = RwLock::new(Held::of_folder(Staff::load(&county.folder)?));
            places.insert(county.code.clone(), Place { county: Arc::clone(county), staff });
        }
        Ok(Self { store: Store::new(pool), hashing, places: Arc::new(places) })
    }

    /// The door of a service, with its sweeping among the service's tasks.
    ///
    /// # Errors
    /// [`StartError`] where passwords cannot be hashed, or a county's folder has mistakes.
    pub fn open(foundation: &Foundation) -> Result<Self, StartError> {
        let hashing = Hashing::new()
            .map_err(|error| StartError::Configuration(format!("passwords cannot be hashed: {error}")))?;
        let door = Self::new(foundation.pool.clone(), &foundation.counties, hashing)?;
        let (sweeping, stop) = (door.clone().sweep_forever(), foundation.stop.clone());
        foundation.tasks.spawn("sessions", async move {
            stop.run_until_cancelled(sweeping).await;
            Ok::<(), Infallible>(())
        });
        Ok(door)
    }

    /// The counties, ordered by code, with their names.
    #[must_use]
    pub fn counties(&self) -> Vec<(&str, &str)> {
        let mut counties: Vec<_> = self
            .places
            .values()
            .map(|place| (place.county.code.as_str(), place.county.name.as_str()))
            .collect();
        counties.sort_unstable();
        counties
    }

    /// The people of a county.
    #[must_use]
    pub fn staff(&self, county: &str) -> Option<Arc<Staff>> {
        self.places.get(county).map(Place::staff)
    }

    /// Takes the people of a county from a directory that was given to the running services; its folder is not read for
    /// them any more.
    pub fn take_people(&self, county: &str, staff: Staff) {
        if let Some(place) = self.places.get(county) {
            *place.staff.write().unwrap_or_else(PoisonError::into_inner) =
                Held { staff: Arc::new(staff), of_folder: false };
        }
    }

    /// Reads the people of the counties' folders again. A folder with mistakes changes nothing.
    pub fn read_people_again(&self) {
        self.places.values().for_each(Place::read_again);
    }

    /// Makes an account for someone who holds a post of the agency today. Gives the password for the first time; none
    /// where the person comes through the provider.
    ///
    /// # Errors
    /// [`SignInError::NoPost`], [`SignInError::Taken`], or of the database.
    pub async fn add(
        &self,
        county: &str,
        new: &NewAccount,
        now: Timestamp,
    ) -> Result<(Account, Option<String>), SignInError> {
        let place = self.places.get(county).ok_or(SignInError::NoPost)?;
        let staff = place.staff();
        let post =
            staff.post_in(&new.person, &new.agency, place.county.day(now)).ok_or(SignInError::NoPost)?;
        let password = new.subject.is_none().then(password::made);
        let hash = match &password {
            Some(password) => Some(self.hashing.hash(password.clone()).await?),
            None => None,
        };
        if !self.store.add(county, new, &post.code, hash.as_deref(), now).await? {
            return Err(SignInError::Taken);
        }
        let made = self.store.account(county, &new.name).await?.ok_or(SignInError::NoSuchAccount)?;
        Ok((made.account, password))
    }

    /// Gives an account a password for the first time again, and signs it out everywhere.
    ///
    /// # Errors
    /// [`SignInError::NoSuchAccount`], or of the database.
    pub async fn reset(&self, county: &str, name: &AccountName) -> Result<String, SignInError> {
        let password = password::made();
        let hash = self.hashing.hash(password.clone()).await?;
        if !self.store.set_password(county, name, &hash, true, None).await? {
            return Err(SignInError::NoSuchAccount);
        }
        Ok(password)
    }

    /// Locks an account and signs it out, or opens it again and forgets its wrong passwords.
    ///
    /// # Errors
    /// [`SignInError::NoSuchAccount`], or of the database.
    pub async fn lock(
        &self,
        county: &str,
        name: &AccountName,
        since: Option<Timestamp>,
    ) -> Result<Account, SignInError> {
        if !self.store.set_lock(county, name, since).await? {
            return Err(SignInError::NoSuchAccount);
        }
        let kept = self.store.account(county, name).await?.ok_or(SignInError::NoSuchAccount)?;
        Ok(kept.account)
    }

    /// A page of accounts after a name.
    ///
    /// # Errors
    /// Of the database.
    pub async fn list(
        &self,
        county: &str,
        after: &str,
        agency: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Account>, SignInError> {
        self.store.list(county, after, agency, limit).await
    }

    /// Whether somebody of an agency can come in today: has an account that is not locked, and holds its post.
    ///
    /// # Errors
    /// Of the database.
    pub async fn is_open_to(&self, county: &str, agency: &str, now: Timestamp) -> Result<bool, SignInError> {
        let accounts = self.store.open_of(county, agency).await?;
        Ok(accounts.iter().any(|account| self.works_here(county, account, now)))
    }

    /// Lets someone in by password.
    ///
    /// # Errors
    /// [`SignInError::Wrong`] for a wrong name, a wrong password, and a locked account alike; [`SignInError::Waiting`]
    /// after too many; [`SignInError::NoPost`] where the person has left.
    pub async fn by_password(
        &self,
        county: &str,
        typed: &str,
        password: String,
        now: Timestamp,
    ) -> Result<Token, SignInError> {
        let name = AccountName::read(typed).map_err(|_| SignInError::Wrong)?;
        if !self.places.contains_key(county) || password.len() > password::MOST * 4 {
            return Err(SignInError::Wrong);
        }
        self.store.count_try(county, name.as_str(), now).await?;
        let kept = self.store.account(county, &name).await?;
        let hash = kept.as_ref().and_then(|kept| kept.hash.clone());
        let fits = self.hashing.fits(password, hash).await?;
        match kept {
            Some(kept) if fits && kept.account.locked_at.is_none() => {
                self.let_in(county, &kept.account, now).await
            }
            _ => Err(SignInError::Wrong),
        }
    }

    /// Lets someone in whom the county's provider knows.
    ///
    /// # Errors
    /// [`SignInError::Wrong`] where no account has this subject, or it is locked; [`SignInError::NoPost`].
    pub async fn by_subject(
        &self,
        county: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Token, SignInError> {
        match self.store.account_of_subject(county, subject).await? {
            Some(kept) if kept.account.locked_at.is_none() => self.let_in(county, &kept.account, now).await,
            _ => Err(SignInError::Wrong),
        }
    }

    async fn let_in(&self, county: &str, account: &Account, now: Timestamp) -> Result<Token, SignInError> {
        if !self.works_here(county, account, now) {
            return Err(SignInError::NoPost);
        }
        let token = Token::generate(county);
        self.store.begin_session(county, &account.name, &token.digest(), now).await?;
        Ok(token)
    }

    /// Who comes with this cookie; nobody where the session is over, the account locked, or the person gone.
    ///
    /// # Errors
    /// Of the database.
    pub async fn signed(&self, token: Token, now: Timestamp) -> Result<Option<Signed>, SignInError> {
        let county = token.county().to_owned();
        let Some(place) = self.places.get(&county) else { return Ok(None) };
        let account = self.store.session(&county, &token.digest(), now).await?;
        let staff = place.staff();
        Ok(account.filter(|account| self.works_here(&county, account, now)).map(|account| Signed {
            person_name: staff.person_name(&account.person).to_owned(),
            post_name: staff.post_name(&account.post).to_owned(),
            agency_name: staff.agency_name(&account.agency).to_owned(),
            county,
            account,
            token,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Of the database.
    pub async fn sign_out(&self, signed: &Signed) -> Result<(), SignInError> {
        self.store.end_session(&signed.county, &signed.token.digest()).await
    }

    /// Changes one's own password, which one knows. Other sessions of the account end.
    ///
    /// # Errors
    /// [`SignInError::Wrong`] where the old one is, [`SignInError::Password`] where the new one is too easy.
    pub async fn change_password(
        &self,
        signed: &Signed,
        old: String,
        new: String,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let name = AccountName::read(&signed.account.name)?;
        password::check(&new, name.as_str())?;
        self.store.count_try(&signed.county, name.as_str(), now).await?;
        let kept = self.store.account(&signed.county, &name).await?;
        if !self.hashing.fits(old, kept.and_then(|kept| kept.hash)).await? {
            return Err(SignInError::Wrong);
        }
        let hash = self.hashing.hash(new).await?;
        let digest = signed.token.digest();
        self.store.set_password(&signed.county, &name, &hash, false, Some(&digest)).await.map(drop)
    }

    fn works_here(&self, county: &str, account: &Account, now: Timestamp) -> bool {
        self.places.get(county).is_some_and(|place| {
            let day = place.county.day(now);
            place.staff().holds(&account.person, &account.post, &account.agency, day)
        })
    }

    /// Removes what is over, and reads the counties' people again, until the future is dropped.
    pub async fn sweep_forever(self) {
        loop {
            self.read_people_again();
            for county in self.places.keys() {
                if let Err(error) = self.store.sweep(county, time::now()).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(county, error, "sessions that are over are removed later");
                }
            }
            sleep(SWEEP_EVERY).await;
        }
    }
}
