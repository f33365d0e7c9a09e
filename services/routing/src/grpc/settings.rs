//! The face of what a county can change while the service runs.

use std::{collections::HashMap, sync::Arc};

use fengqiao_access::{Principal, principal};
use fengqiao_county::Mistakes;
use fengqiao_proto::routing::v1::{
    ActivateRulesRequest, ActivateRulesResponse, ActivateSettingRequest, ActivateSettingResponse,
    DryRunRulesRequest, DryRunRulesResponse, GetSettingRequest, GetSettingResponse, LevelTransition,
    ListSettingsRequest, ListSettingsResponse, RulesDifference, RulesDryRun, RulesVerdict, Setting,
    SettingMistake, TroubledRule, ValidateSettingRequest, ValidateSettingResponse,
    settings_service_server::{SettingsService, SettingsServiceServer},
};
use fengqiao_serving::{paging, status, time::to_proto};
use tonic::{Request, Response, Status};

use super::{actor, requests};
use crate::{
    counties::{RoutingCounties, RoutingCounty},
    directory::Rank,
    domain::{history::Occasion, level::Said, refusal::Refusal},
    error::RoutingError,
    settings::{
        Activation, Files, MOST_BYTES, MOST_CASES, RulesTrial, SettingError, SettingKind, Settings,
        TriedRules, digest, rule_files,
    },
    store::{SettingName, StoredSetting, find_setting, list_settings},
};

/// The files and what is around them in a message.
const MOST_MESSAGE_BYTES: usize = MOST_BYTES + 1024 * 1024;
const WORDS: usize = 1_000;
const MOST_MISTAKES: usize = 10_000;
const MOST_DIFFERENCES: usize = 500;
const DEFAULT_CASES: u32 = 1_000;

/// The face.
#[derive(Clone)]
pub struct SettingsFace {
    /// Changes and reads settings.
    pub settings: Settings,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
}

impl SettingsFace {
    /// The service to be served.
    #[must_use]
    pub fn into_server(self) -> SettingsServiceServer<Self> {
        SettingsServiceServer::new(self).max_decoding_message_size(MOST_MESSAGE_BYTES)
    }

    fn place(&self, who: &Principal, requested: &str) -> Result<&Arc<RoutingCounty>, Status> {
        let county = who.county_of(requested)?;
        self.counties.get(county).ok_or_else(|| status::not_found("county"))
    }

    /// Only a leader of the centre changes what holds for everybody.
    fn leading(
        &self,
        place: &RoutingCounty,
        who: &Principal,
        capacity: &str,
    ) -> Result<Occasion, RoutingError> {
        let rulebook = place.rulebook();
        let now = self.settings.clock.now();
        let acting = actor::acting(who, capacity, &rulebook.directory, &place.county.time_zone, now)?;
        if acting.agency.is_some() {
            let needs = "to change a setting, the capacity would have to be one of the centre";
            return Err(Refusal::new("CENTRE_ONLY", needs).into());
        }
        if acting.rank < Rank::Leader {
            let needs = format!(
                "to change a setting, the capacity would have to be {} or above; it is {}",
                Rank::Leader.word(),
                acting.rank.word()
            );
            return Err(Refusal::new("RANK_TOO_LOW", needs).into());
        }
        Ok(acting)
    }

    async fn tried(
        &self,
        place: &Arc<RoutingCounty>,
        text: &str,
        cases: i32,
    ) -> Result<TriedRules, SettingError> {
        let cases = match u32::try_from(cases) {
            Ok(0) => DEFAULT_CASES,
            Ok(cases) if cases <= MOST_CASES => cases,
            _ => return Err(RoutingError::invalid("cases", &format!("0 to {MOST_CASES}")).into()),
        };
        self.settings.try_rules(place, RulesTrial { text: text.to_owned(), cases }).await
    }
}

#[tonic::async_trait]
impl SettingsService for SettingsFace {
    async fn validate_setting(
        &self,
        request: Request<ValidateSettingRequest>,
    ) -> Result<Response<ValidateSettingResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let place = self.place(&who, &asked.county)?;
        let (kind, files) = (kind(asked.kind)?, given(asked.files)?);
        let mut answer = match self.settings.check(place, kind, files).await {
            Ok(checked) => ValidateSettingResponse {
                digest: checked.digest,
                name: checked.rulebook.name(kind).to_owned(),
                ..ValidateSettingResponse::default()
            },
            Err(SettingError::Mistakes(Mistakes(found))) => {
                let told = found.into_iter().take(MOST_MISTAKES).map(|mistake| SettingMistake {
                    file: mistake.file,
                    line: i64::try_from(mistake.line).unwrap_or(i64::MAX),
                    reason: mistake.reason,
                });
                ValidateSettingResponse { mistakes: told.collect(), ..ValidateSettingResponse::default() }
            }
            Err(error) => return Err(error.into()),
        };
        answer.holding_version = self.settings.holding(place).await?.versions().get(kind);
        Ok(Response::new(answer))
    }

    async fn activate_setting(
        &self,
        request: Request<ActivateSettingRequest>,
    ) -> Result<Response<ActivateSettingResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let place = self.place(&who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("words", &asked.words, 1, WORDS)?;
        let activation = Activation {
            kind: kind(asked.kind)?,
            files: given(asked.files)?,
            expected_version: asked.expected_version,
            request_id: asked.request_id,
            actor: self.leading(place, &who, &asked.capacity)?,
            words: asked.words,
        };
        let stored = self.settings.activate(place, &activation).await?;
        Ok(Response::new(ActivateSettingResponse { setting: Some(setting(stored, place)) }))
    }

    async fn get_setting(
        &self,
        request: Request<GetSettingRequest>,
    ) -> Result<Response<GetSettingResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let kind = kind(asked.kind)?;
        let name = match (asked.version, asked.digest.as_str(), asked.name.as_str()) {
            (0, "", "") => holding_name(place, kind),
            (version, "", "") => SettingName::Version(version),
            (0, digest, "") => SettingName::Digest(digest.to_owned()),
            (0, "", name) => SettingName::Name(name.to_owned()),
            _ => return Err(RoutingError::invalid("version", "only one of version, digest, name").into()),
        };
        let county = &place.county.code;
        let found = find_setting(&self.settings.pool, &self.settings.keyring, county, kind, &name).await?;
        let (stored, files) = found.ok_or(SettingError::NotFound)?;
        let files = files.into_iter().collect();
        Ok(Response::new(GetSettingResponse { setting: Some(setting(stored, place)), files }))
    }

    async fn list_settings(
        &self,
        request: Request<ListSettingsRequest>,
    ) -> Result<Response<ListSettingsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let only = if asked.kind == 0 { None } else { Some(kind(asked.kind)?) };
        let after = requests::page_token::<(i16, i32)>(&asked.page_token)?
            .map(|(code, version)| {
                SettingKind::from_code(code)
                    .map(|kind| (kind, version))
                    .ok_or_else(|| RoutingError::invalid("pageToken", "not a page token of this method"))
            })
            .transpose()?;
        let (pool, keyring, county) = (&self.settings.pool, &self.settings.keyring, &place.county.code);
        let size = paging::size(asked.page_size, 50, 500);
        let mut found = list_settings(pool, keyring, county, only, after, size + 1).await?;
        let next_page_token = requests::next_page(
            &mut found,
            size,
            |_| 0,
            |last| paging::write(&(last.kind.code(), last.version)),
        );
        let mut holding = Vec::new();
        for kind in SettingKind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind)) {
            let name = holding_name(place, kind);
            let held = find_setting(pool, keyring, county, kind, &name).await?;
            holding.extend(held.map(|(stored, _)| setting(stored, place)));
        }
        let settings = found.into_iter().map(|stored| setting(stored, place)).collect();
        Ok(Response::new(ListSettingsResponse { settings, next_page_token, holding }))
    }

    async fn dry_run_rules(
        &self,
        request: Request<DryRunRulesRequest>,
    ) -> Result<Response<DryRunRulesResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let tried = self.tried(place, &asked.text, asked.cases).await?;
        Ok(Response::new(DryRunRulesResponse { digest: tried.digest.clone(), run: Some(dry_run(tried)) }))
    }

    async fn activate_rules(
        &self,
        request: Request<ActivateRulesRequest>,
    ) -> Result<Response<ActivateRulesResponse>, Status> {
        let who = principal(&request)?.clone();
        let asked = request.into_inner();
        let place = self.place(&who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("words", &asked.words, 1, WORDS)?;
        let files = rule_files(&asked.text);
        if !asked.dry_run_digest.is_empty() && asked.dry_run_digest != digest(&files) {
            return Err(RoutingError::invalid("dryRunDigest", "must be that of the text").into());
        }
        let activation = Activation {
            kind: SettingKind::Levels,
            files,
            expected_version: asked.expected_version,
            request_id: asked.request_id,
            actor: self.leading(place, &who, &asked.capacity)?,
            words: asked.words,
        };
        if let Some(earlier) = self.settings.repeated(place, &activation).await? {
            return Ok(Response::new(ActivateRulesResponse {
                setting: Some(setting(earlier, place)),
                run: None,
            }));
        }
        let tried = self.tried(place, &asked.text, asked.cases).await?;
        let stored = self.settings.activate(place, &activation).await?;
        Ok(Response::new(ActivateRulesResponse {
            setting: Some(setting(stored, place)),
            run: Some(dry_run(tried)),
        }))
    }
}

fn kind(code: i32) -> Result<SettingKind, RoutingError> {
    i16::try_from(code)
        .ok()
        .and_then(SettingKind::from_code)
        .ok_or_else(|| RoutingError::invalid("kind", "must be a kind of the contract"))
}

fn given(files: HashMap<String, String>) -> Result<Files, RoutingError> {
    if files.values().map(String::len).sum::<usize>() > MOST_BYTES {
        return Err(RoutingError::invalid("files", "at most 16 MiB together"));
    }
    Ok(files.into_iter().collect())
}

/// How the store knows what holds of a kind.
fn holding_name(place: &RoutingCounty, kind: SettingKind) -> SettingName {
    match place.rulebook().versions.get(kind) {
        0 => SettingName::Digest(digest(place.folder_texts.files(kind))),
        version => SettingName::Version(version),
    }
}

fn setting(stored: StoredSetting, place: &RoutingCounty) -> Setting {
    let holding = place.rulebook().versions.get(stored.kind);
    let of_folder = || stored.digest == digest(place.folder_texts.files(stored.kind));
    let holds = holding == stored.version && (holding > 0 || of_folder());
    Setting {
        kind: stored.kind.code().into(),
        version: stored.version,
        digest: stored.digest,
        name: stored.name,
        activated_at: Some(to_proto(stored.at)),
        activated_by: stored.by,
        capacity: stored.capacity,
        words: stored.words,
        holds,
    }
}

fn dry_run(tried: TriedRules) -> RulesDryRun {
    let TriedRules { before, after, run, left_out, .. } = tried;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    RulesDryRun {
        rules_before: before,
        rules_after: after,
        cases: count(run.cases()),
        left_out: count(left_out),
        transitions: run
            .transitions
            .iter()
            .map(|((before, after), cases)| LevelTransition {
                before: before.code().into(),
                after: after.code().into(),
                cases: count(*cases),
            })
            .collect(),
        different: i64::try_from(run.differences.len()).unwrap_or(i64::MAX),
        differences: run
            .differences
            .into_iter()
            .take(MOST_DIFFERENCES)
            .map(|difference| RulesDifference {
                number: difference.number,
                current: difference.current.code().into(),
                before: Some(verdict(difference.before)),
                after: Some(verdict(difference.after)),
            })
            .collect(),
        by_another_rule: count(run.by_another_rule),
        troubled: run
            .troubled
            .into_iter()
            .map(|(trouble, cases)| TroubledRule {
                rule: trouble.rule,
                why: trouble.why.word().to_owned(),
                cases: count(cases),
            })
            .collect(),
    }
}

fn verdict(said: Said) -> RulesVerdict {
    RulesVerdict {
        level: said.level.code().into(),
        rule: said.rule,
        text: said.text,
        facts: said.facts.into_iter().collect(),
        tags: said.tags,
    }
}
