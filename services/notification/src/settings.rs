//! What a county sets for delivery: `notification.toml` in its folder, all of it optional.

use std::{path::Path, time::Duration};

use fengqiao_county::{Mistake, Mistakes, line_at};
use serde::{Deserialize, de::DeserializeOwned};

use crate::domain::retry::RetrySchedule;

/// A claim must outlive its request by this factor, so that a push is not sent again while the answer
/// to the first sending is still awaited and written down.
const LEASE_OVER_TIMEOUT: f64 = 1.5;

/// How a county delivers.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliverySettings {
    /// How long a claim holds: by then a stream has acknowledged, or the push is free again.
    pub lease: Duration,
    /// How long a webhook may take from connecting to the end of its answer.
    pub request_timeout: Duration,
    /// How many requests one endpoint gets at the same time.
    pub requests_at_once: usize,
    /// How long a process that died keeps an agency's queue from the others; it says that it lives four times as often.
    pub owner_lease: Duration,
    /// When a failed delivery is tried again.
    pub retry: RetrySchedule,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            request_timeout: Duration::from_secs(10),
            requests_at_once: 4,
            owner_lease: Duration::from_secs(6),
            retry: RetrySchedule::default(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    delivery: Delivery,
    retry: Retry,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Delivery {
    lease_seconds: Option<f64>,
    request_timeout_seconds: Option<f64>,
    requests_at_once: Option<usize>,
    owner_seconds: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Retry {
    first_seconds: Option<f64>,
    factor: Option<f64>,
    longest_seconds: Option<f64>,
    jitter: Option<f64>,
    tries: Option<u32>,
}

impl DeliverySettings {
    /// Reads a file; what it does not say stays as it is by default. A file that is not there says
    /// nothing.
    ///
    /// # Errors
    /// All mistakes, with file, line and reason.
    pub fn load(file: &Path) -> Result<Self, Mistakes> {
        if !file.exists() {
            return Ok(Self::default());
        }
        Self::of(read_toml(file)?).map_err(|reasons| {
            Mistakes(reasons.into_iter().map(|reason| Mistake::new(file, 0, reason)).collect())
        })
    }

    fn of(file: File) -> Result<Self, Vec<&'static str>> {
        let mut mistakes = Vec::new();
        let plain = Self::default();
        let mut seconds = |given: Option<f64>, default: Duration, what: &'static str| match given
            .map_or(Ok(default), Duration::try_from_secs_f64)
        {
            Ok(value) if !value.is_zero() => value,
            _ => {
                mistakes.push(what);
                default
            }
        };
        let settings = Self {
            lease: seconds(
                file.delivery.lease_seconds,
                plain.lease,
                "delivery.lease_seconds must be above 0",
            ),
            request_timeout: seconds(
                file.delivery.request_timeout_seconds,
                plain.request_timeout,
                "delivery.request_timeout_seconds must be above 0",
            ),
            owner_lease: seconds(
                file.delivery.owner_seconds,
                plain.owner_lease,
                "delivery.owner_seconds must be above 0",
            ),
            requests_at_once: file.delivery.requests_at_once.unwrap_or(plain.requests_at_once),
            retry: RetrySchedule {
                first: seconds(
                    file.retry.first_seconds,
                    plain.retry.first,
                    "retry.first_seconds must be above 0",
                ),
                longest: seconds(
                    file.retry.longest_seconds,
                    plain.retry.longest,
                    "retry.longest_seconds must be above 0",
                ),
                factor: file.retry.factor.unwrap_or(plain.retry.factor),
                jitter: file.retry.jitter.unwrap_or(plain.retry.jitter),
                tries: file.retry.tries.unwrap_or(plain.retry.tries),
            },
        };
        if !(1..=64).contains(&settings.requests_at_once) {
            mistakes.push("delivery.requests_at_once must be 1 to 64");
        }
        if !(1.0..=100.0).contains(&settings.retry.factor) {
            mistakes.push("retry.factor must be 1 to 100");
        }
        if !(0.0..=1.0).contains(&settings.retry.jitter) {
            mistakes.push("retry.jitter must be 0 to 1");
        }
        if !(1..=100).contains(&settings.retry.tries) {
            mistakes.push("retry.tries must be 1 to 100");
        }
        if settings.lease < settings.request_timeout.mul_f64(LEASE_OVER_TIMEOUT) {
            mistakes
                .push("delivery.lease_seconds must be at least 1.5 times delivery.request_timeout_seconds");
        }
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
    }
}

/// Reads a TOML file, naming the line of what does not fit.
pub(crate) fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T, Mistake> {
    let text = std::fs::read_to_string(file).map_err(|e| Mistake::new(file, 0, e.to_string()))?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(0, |span| line_at(&text, span.start));
        Mistake::new(file, line, e.message())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DeliverySettings, Vec<&'static str>> {
        DeliverySettings::of(toml::from_str(text).unwrap())
    }

    #[test]
    fn what_is_not_said_stays_as_it_is() {
        assert_eq!(read("").unwrap(), DeliverySettings::default());
        let settings = read("[retry]\nfirst_seconds = 0.1\ntries = 3").unwrap();
        assert_eq!(settings.retry.first, Duration::from_millis(100));
        assert_eq!(settings.retry.tries, 3);
        assert_eq!(settings.retry.factor, RetrySchedule::default().factor);
    }

    #[test]
    fn a_lease_outlives_its_request() {
        let wrong = read("[delivery]\nlease_seconds = 10\nrequest_timeout_seconds = 10").unwrap_err();
        assert!(wrong[0].contains("1.5 times"), "{wrong:?}");
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let wrong = read("[delivery]\nlease_seconds = -1\n[retry]\njitter = 2\ntries = 0").unwrap_err();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
