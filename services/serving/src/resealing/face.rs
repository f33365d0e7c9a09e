//! How the service's data is sealed, over gRPC.

use std::time::{Duration, SystemTime};

use fengqiao_proto::sealing::v1::{
    GetSealingRequest, GetSealingResponse, SealedRows, sealing_service_server::SealingService,
};
use fengqiao_sealing::LookupKey;
use jiff::Timestamp;
use tokio::time::timeout;
use tonic::{Request, Response, Status};

use super::Resealing;
use crate::{
    rehashing::LookupProgress,
    status,
    time::{to_proto, to_sql},
};

const COUNT_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves `fengqiao.sealing.v1.SealingService`.
pub(crate) struct SealingFace {
    pub service: &'static str,
    pub resealing: Resealing,
    /// None where the service keeps nothing that people are found by.
    pub lookups: Option<LookupProgress>,
}

#[tonic::async_trait]
impl SealingService for SealingFace {
    async fn get_sealing(
        &self,
        _: Request<GetSealingRequest>,
    ) -> Result<Response<GetSealingResponse>, Status> {
        let Resealing { keyring, pool, counties, .. } = &self.resealing;
        let (current, since) = keyring.current();
        let mut older_events = 0_i64;
        for county in counties.iter() {
            let counting = sqlx::query_scalar(include_str!("older_events.sql"))
                .bind(county)
                .bind(to_sql(timestamp(since)))
                .fetch_one(pool);
            let found: i64 = timeout(COUNT_TIMEOUT, counting)
                .await
                .map_err(|_| Status::deadline_exceeded("events were not counted in time"))?
                .map_err(|error| status::database("count events", &error))?;
            older_events = older_events.max(found);
        }
        let lookup_keys: Vec<u8> = keyring.lookup_keys().iter().map(LookupKey::id).collect();
        let counted = self.resealing.counted();
        let rows = counted.iter().flat_map(|counted| &counted.old);
        Ok(Response::new(GetSealingResponse {
            service: self.service.to_owned(),
            current_key: current.into(),
            current_since: Some(to_proto(timestamp(since))),
            keys: keyring.keys().into_iter().map(u32::from).collect(),
            counted_at: counted.as_ref().map(|counted| to_proto(timestamp(counted.at))),
            old_rows: rows
                .filter(|(_, old)| old.waiting + old.fixed > 0)
                .map(|(key, old)| SealedRows { key: (*key).into(), waiting: old.waiting, fixed: old.fixed })
                .collect(),
            older_events: i32::try_from(older_events).unwrap_or(i32::MAX),
            lookup_ready: self.lookups.as_ref().is_none_or(|lookups| lookups.is_ready(&lookup_keys)),
            left_to_hash: self.lookups.as_ref().map_or(0, LookupProgress::left),
            lookup_keys: lookup_keys.into_iter().map(u32::from).collect(),
        }))
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
