//! Commands on duties besides cases, on signals of families at risk, and on rewards.

use uuid::Uuid;

use crate::{
    alone::{Alone, Said},
    commands::Commands,
    counties::RoutingCounty,
    domain::{
        case_number::CaseName,
        history::Occasion,
        refusal::Refusal,
        standing::{
            NewDuty, StandingDuty, create,
            recording::{Recorded, Recording, record},
            rewards::{Reward, RewardState, decide},
            screening::{Signal, is_listed, screening},
        },
    },
    error::RoutingError,
    store::{
        self, NewSignal, bounded, family_signals, find_reward, find_standing, insert_reward, insert_signal,
        insert_standing, record_standing,
    },
};

/// What an agency sees of a family.
#[derive(Debug, Clone)]
pub struct FamilyAtRisk {
    /// Who the family is, as all agencies write it: its address.
    pub household: String,
    /// Where it lives.
    pub area_code: String,
    /// What the agency sees.
    pub words: String,
}

/// A reward that someone asks for.
#[derive(Debug, Clone)]
pub struct RewardAsked {
    /// The case.
    pub case: CaseName,
    /// The person's name.
    pub person: String,
    /// What the person is known by, such as an identity number; kept as a keyed hash only.
    pub identity: String,
    /// How much, in fen.
    pub amount_fen: u32,
    /// What for.
    pub words: String,
}

impl Commands {
    /// Makes duties by hand, all or none. A second send returns them as they are now.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn create_duties(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        new: Vec<NewDuty>,
    ) -> Result<Vec<StandingDuty>, RoutingError> {
        let said = said(place, actor, request_id, format!("create {new:?}"));
        let ids: Vec<Uuid> = (0..new.len()).map(|n| said.id(&self.keyring, n)).collect();
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        if alone.repeated {
            return find_standing(&mut alone.tx, &self.keyring, said.county, &ids, false).await;
        }
        let rulebook = place.rulebook();
        let office = rulebook.office(&place.county);
        let duties = ids
            .iter()
            .zip(new)
            .map(|(id, new)| create(*id, new, actor, office))
            .collect::<Result<Vec<_>, _>>()?;
        insert_standing(&mut alone.tx, &self.keyring, said.county, &duties).await?;
        let subject = ids.first().copied().unwrap_or_default();
        alone.end(&said, subject, self.heard()).await?;
        Ok(duties)
    }

    /// Records what came of a duty. A second send returns it and what follows from it as they are now.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn record_duty(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        id: Uuid,
        recording: Recording,
    ) -> Result<Recorded, RoutingError> {
        let said = said(place, actor, request_id, format!("record {id} {recording:?}"));
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        let found = find_standing(&mut alone.tx, &self.keyring, said.county, &[id], alone.repeated).await?;
        let (mut itself, follows): (Vec<_>, Vec<_>) = found.into_iter().partition(|duty| duty.id == id);
        let duty = itself.pop().filter(|duty| duty.is_seen_by(actor)).ok_or(RoutingError::NoSuch("duty"))?;
        if alone.repeated {
            return Ok(Recorded { duty, follows });
        }
        let rulebook = place.rulebook();
        let mut numbers = 0..;
        let ids = || said.id(&self.keyring, numbers.next().unwrap_or_default());
        let recorded = record(&duty, recording, actor, rulebook.office(&place.county), ids)?;
        if let Some(made) = &recorded.duty.record {
            record_standing(&mut alone.tx, &self.keyring, said.county, id, made).await?;
        }
        alone.ledger.changes.add_standing(id, recorded.duty.duty.clone());
        insert_standing(&mut alone.tx, &self.keyring, said.county, &recorded.follows).await?;
        alone.end(&said, id, self.heard()).await?;
        Ok(recorded)
    }

    /// An agency says what it sees of a family. Where enough agencies did, the family is to be screened (S4-07).
    /// Nobody learns of it here what the others said.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn raise_signal(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        family: &FamilyAtRisk,
    ) -> Result<Uuid, RoutingError> {
        let said = said(place, actor, request_id, format!("signal {family:?}"));
        let id = said.id(&self.keyring, 0);
        let family_id = self.hashed(said.county, "household", &family.household);
        let rulebook = place.rulebook();
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        if alone.repeated {
            return Ok(id);
        }
        let agency = actor.agency.clone().unwrap_or_else(|| rulebook.directory.desk().to_owned());
        let signal = Signal { agency, raised_at: actor.at };
        let new = NewSignal { id, family_id, signal: &signal, raised_by: &actor.actor, words: &family.words };
        insert_signal(&mut alone.tx, &self.keyring, said.county, &new).await?;
        let known = family_signals(&mut alone.tx, said.county, family_id).await?;
        let needed = rulebook.practice.screening_signals;
        if !known.owed && is_listed(&known.signals, known.screened_at, needed) {
            let office = rulebook.office(&place.county);
            let duty_id = said.id(&self.keyring, 1);
            let duty = screening(duty_id, family_id, &family.household, &family.area_code, actor, office);
            insert_standing(&mut alone.tx, &self.keyring, said.county, &[duty]).await?;
        }
        alone.end(&said, id, self.heard()).await?;
        Ok(id)
    }

    /// Asks for a reward: one for a case and a person (S1-05).
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn ask_reward(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        asked: &RewardAsked,
    ) -> Result<Reward, RoutingError> {
        let said = said(place, actor, request_id, format!("reward {asked:?}"));
        let id = said.id(&self.keyring, 0);
        let person_id = self.hashed(said.county, "rewarded", &asked.identity);
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let cases = [asked.case.clone()];
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &cases).await?;
        if alone.repeated {
            return find_reward(&mut alone.tx, &self.keyring, said.county, id).await;
        }
        let case = alone.cases.pop().flatten().ok_or(RoutingError::NotFound)?;
        let reward = Reward {
            id,
            case_id: case.id,
            person: asked.person.clone(),
            amount_fen: asked.amount_fen,
            words: asked.words.clone(),
            asked_at: actor.at,
            asked_by: actor.actor.clone(),
            state: RewardState::Asked,
        };
        if !insert_reward(&mut alone.tx, &self.keyring, said.county, person_id, &reward).await? {
            let needs = "the person would have to be one that has no reward for the case yet";
            return Err(Refusal::new("REWARD_GIVEN", needs).into());
        }
        alone.end(&said, id, self.heard()).await?;
        Ok(reward)
    }

    /// Grants a reward or not.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn decide_reward(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        id: Uuid,
        approve: bool,
    ) -> Result<Reward, RoutingError> {
        let said = said(place, actor, request_id, format!("decide reward {id} {approve}"));
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        let reward = find_reward(&mut alone.tx, &self.keyring, said.county, id).await?;
        if alone.repeated {
            return Ok(reward);
        }
        let decided = decide(&reward, approve, actor)?;
        store::decide_reward(&mut alone.tx, said.county, &decided).await?;
        alone.end(&said, id, self.heard()).await?;
        Ok(decided)
    }

    /// A keyed hash of what a family or a person is known by, whatever spaces it is written with. By the key of proofs: what
    /// it was made of is not kept, so it could never be made anew by another lookup key.
    fn hashed(&self, county: &str, kind: &str, text: &str) -> Uuid {
        let plain: String =
            text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
        let hash = self.keyring.proof_hash(kind, &format!("{county}\n{plain}"));
        uuid::Builder::from_custom_bytes(hash).into_uuid()
    }
}

pub(crate) fn said<'a>(
    place: &'a RoutingCounty,
    actor: &'a Occasion,
    request_id: &'a str,
    what: String,
) -> Said<'a> {
    let text = format!("{}\n{what}", actor.capacity);
    Said { county: &place.county.code, actor: &actor.actor, request_id, text, at: actor.at }
}
