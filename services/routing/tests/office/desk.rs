//! A desk at which a county's settings are changed.

use std::{collections::HashMap, path::Path, sync::Arc};

use fengqiao_access::Principal;
use fengqiao_proto::routing::v1::{
    ActivateSettingRequest, Setting, SettingKind, ValidateSettingRequest,
    settings_service_server::SettingsService as _,
};
use fengqiao_routing::{
    counties::RoutingCounties,
    grpc::SettingsFace,
    settings::{Settings, SettingsWatch},
};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::{COUNTY, Office, asked, officer};

/// The files of a setting, as a call has them.
pub type Files = HashMap<String, String>;

pub fn director() -> Principal {
    Principal::new("director-li", COUNTY, "officer", None).unwrap()
}

pub fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng")
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

pub fn one(name: &str, text: impl Into<String>) -> Files {
    [(name.to_owned(), text.into())].into()
}

/// The directory of the folder, changed.
pub fn directory(change: impl FnOnce(&mut Files)) -> Files {
    let names = ["areas", "agencies", "responsibility", "posts", "people", "mediators", "grids"];
    let mut files: Files =
        names.map(|name| (format!("{name}.csv"), read(&format!("{name}.csv")))).into_iter().collect();
    change(&mut files);
    files
}

pub struct Desk {
    pub face: SettingsFace,
    pub watch: SettingsWatch,
}

/// A process' desk for settings.
pub async fn desk(office: &Office, counties: &Arc<RoutingCounties>) -> Desk {
    let settings = Settings {
        pool: office.pool.clone(),
        keyring: Arc::clone(&office.keyring),
        clock: office.clocks.clock.clone(),
    };
    let face = SettingsFace { settings: settings.clone(), counties: Arc::clone(counties) };
    let watch = SettingsWatch { settings, counties: Arc::clone(counties) };
    watch.start().await.unwrap();
    Desk { face, watch }
}

impl Desk {
    pub async fn activate(&self, kind: SettingKind, files: Files, expected: i32) -> Result<Setting, Status> {
        self.activate_as(&director(), "centre-director", kind, files, expected, &Uuid::now_v7().to_string())
            .await
    }

    pub async fn activate_as(
        &self,
        who: &Principal,
        capacity: &str,
        kind: SettingKind,
        files: Files,
        expected_version: i32,
        request_id: &str,
    ) -> Result<Setting, Status> {
        let request = ActivateSettingRequest {
            county: String::new(),
            kind: kind.into(),
            files,
            expected_version,
            request_id: request_id.into(),
            capacity: capacity.into(),
            words: "职责调整".into(),
        };
        Ok(self.face.activate_setting(asked(who, request)).await?.into_inner().setting.unwrap())
    }

    pub async fn mistakes(&self, kind: SettingKind, files: Files) -> Vec<String> {
        let request = ValidateSettingRequest { kind: kind.into(), files, ..Default::default() };
        let answer = self.face.validate_setting(asked(&officer(), request)).await.unwrap().into_inner();
        assert_eq!(answer.digest.is_empty(), !answer.mistakes.is_empty());
        answer.mistakes.iter().map(|m| format!("{}:{}: {}", m.file, m.line, m.reason)).collect()
    }
}

pub fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().into_iter().flat_map(|details| details.field_violations);
    details.map(|violation| violation.field).collect()
}
