//! Room for files that are being handed in: for so many at once, and of one agency for a few.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::error::NotificationError;

/// So many files are taken at once; each holds at most two pieces.
const AT_ONCE: usize = 32;
/// So many of one agency, by its system and its people together: a slow line takes minutes for a file, and nobody else
/// is to wait for it.
const OF_ONE_AGENCY: usize = 4;
/// How long one more waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);

/// An agency in its county.
type Who = (String, String);

/// The room of a process.
#[derive(Debug, Clone)]
pub(super) struct Room {
    all: Arc<Semaphore>,
    /// Of the agencies that hand in or wait to; the others have none.
    shares: Arc<Mutex<HashMap<Who, Weak<Semaphore>>>>,
}

/// That there is room for a file, as long as it is held.
#[derive(Debug)]
pub(super) struct Place {
    _share: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), shares: Arc::default() }
    }
}

impl Room {
    /// Waits a little for a place of the agency.
    ///
    /// # Errors
    /// [`NotificationError::FilesBusy`] where the agency's share or the whole room is taken.
    pub(super) async fn place(&self, county: &str, agency: &str) -> Result<Place, NotificationError> {
        let share = self.share(county, agency);
        let places = async {
            // The share first: who waits for its own files holds no place that another could have.
            let share = share.acquire_owned().await?;
            Ok(Place { _share: share, _all: Arc::clone(&self.all).acquire_owned().await? })
        };
        timeout(TURN_TIMEOUT, places)
            .await
            .map_err(|_| NotificationError::FilesBusy)?
            .map_err(|_: AcquireError| NotificationError::Stopping)
    }

    fn share(&self, county: &str, agency: &str) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.retain(|_, share| share.strong_count() > 0);
        let share = shares.entry((county.to_owned(), agency.to_owned())).or_default();
        share.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Semaphore::new(OF_ONE_AGENCY));
            *share = Arc::downgrade(&new);
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_agency_has_its_share_and_leaves_the_rest_to_the_others() {
        let room = Room::default();
        let place = async |agency| room.place("421181", agency).await;
        let mut of_police = Vec::new();
        for _ in 0..OF_ONE_AGENCY {
            of_police.push(place("police").await.unwrap());
        }
        let (one_more, of_court, elsewhere) =
            tokio::join!(place("police"), place("court"), room.place("330681", "police"));
        assert!(matches!(one_more.unwrap_err(), NotificationError::FilesBusy));
        let others = [of_court.unwrap(), elsewhere.unwrap()];
        of_police.pop();
        of_police.push(place("police").await.unwrap());
        drop((of_police, others));
        let _last = place("justice").await.unwrap();
        assert_eq!(room.shares.lock().unwrap().len(), 1, "who hands in nothing is forgotten");
        assert_eq!(room.all.available_permits(), AT_ONCE - 1);
    }

    #[tokio::test]
    async fn all_together_have_so_much_room_and_no_more() {
        let room = Room::default();
        let mut taken = Vec::new();
        for n in 0..AT_ONCE {
            taken.push(room.place("421181", &format!("agency-{}", n / OF_ONE_AGENCY)).await.unwrap());
        }
        let refused = room.place("421181", "court").await.unwrap_err();
        assert!(matches!(refused, NotificationError::FilesBusy));
        taken.pop();
        room.place("421181", "court").await.unwrap();
    }
}
