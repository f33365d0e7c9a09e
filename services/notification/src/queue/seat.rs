//! The way past the queue: a push that arrives while a stream of its agency is idle in the same process
//! goes straight to it. It is then stored as claimed by that stream, in the transaction that stores it,
//! which saves a red push three round trips. Everything else goes over the queue.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::domain::push::Push;

/// A stream's room for pushes, shared with whoever brings them.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Semaphore>,
    /// Nothing waits on the queue, as far as the stream knows: nobody is overtaken.
    idle: AtomicBool,
    brought: mpsc::Sender<Push>,
}

/// The stream's side of its seat.
#[derive(Debug)]
pub struct Seated {
    seat: Arc<Seat>,
    brought: mpsc::Receiver<Push>,
}

/// Room for one push; free again when dropped unused.
#[derive(Debug)]
pub struct Reserved {
    seat: Arc<Seat>,
    permit: OwnedSemaphorePermit,
}

impl Seat {
    /// Room for one push, where the stream is idle.
    pub fn reserve(self: &Arc<Self>) -> Option<Reserved> {
        if !self.idle.load(Ordering::Acquire) {
            return None;
        }
        let permit = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(Reserved { seat: Arc::clone(self), permit })
    }
}

impl Reserved {
    /// Brings a push that this stream has claimed.
    ///
    /// # Errors
    /// The push, where the stream has ended.
    pub fn bring(self, push: Push) -> Result<(), Box<Push>> {
        // There is as much place as room, so that it fails for an ended stream only.
        match self.seat.brought.try_send(push) {
            Ok(()) => {
                // The stream holds the room from now on.
                self.permit.forget();
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(push) | mpsc::error::TrySendError::Closed(push)) => {
                Err(Box::new(push))
            }
        }
    }
}

impl Seated {
    /// A seat for so many pushes; not idle at first.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let (sender, brought) = mpsc::channel(size.max(1));
        let seat =
            Seat { room: Arc::new(Semaphore::new(size)), idle: AtomicBool::new(false), brought: sender };
        Self { seat: Arc::new(seat), brought }
    }

    /// The side of whoever brings pushes.
    #[must_use]
    pub fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }

    /// Says whether nothing waits on the queue.
    pub fn set_idle(&self, idle: bool) {
        self.seat.idle.store(idle, Ordering::Release);
    }

    /// How many more pushes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.seat.room.available_permits()
    }

    /// Takes up at most so much room. Returns how much.
    pub fn occupy(&self, at_most: usize) -> usize {
        let count = self.room().min(at_most);
        let Ok(wanted) = u32::try_from(count) else { return 0 };
        match self.seat.room.try_acquire_many(wanted) {
            Ok(permit) => {
                permit.forget();
                count
            }
            // Someone brought a push between the two lines.
            Err(_) => 0,
        }
    }

    /// Gives room back.
    pub fn free(&self, count: usize) {
        self.seat.room.add_permits(count);
    }

    /// The next push that is brought.
    pub async fn brought(&mut self) -> Option<Push> {
        self.brought.recv().await
    }

    /// Takes no more; what was brought already comes out.
    pub fn close(&mut self) -> Vec<Push> {
        self.brought.close();
        std::iter::from_fn(|| self.brought.try_recv().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::push::RequestedPush;

    fn push() -> Push {
        RequestedPush::blank("421181", Uuid::from_u128(1), "police", Timestamp::UNIX_EPOCH).claimed()
    }

    #[tokio::test]
    async fn only_an_idle_stream_with_room_is_brought_something() {
        let mut seated = Seated::new(2);
        let seat = seated.seat();
        assert!(seat.reserve().is_none());
        seated.set_idle(true);
        let (first, second) = (seat.reserve().unwrap(), seat.reserve().unwrap());
        assert!(seat.reserve().is_none());
        drop(second);
        assert_eq!(seated.room(), 1);
        first.bring(push()).unwrap();
        assert_eq!(seated.brought().await.unwrap().attempts, 1);
        // The room stays taken until the stream frees it.
        assert_eq!(seated.room(), 1);
        seated.free(1);
        assert_eq!((seated.occupy(5), seated.room()), (2, 0));
    }

    #[test]
    fn what_comes_after_the_end_comes_back() {
        let mut seated = Seated::new(2);
        seated.set_idle(true);
        let (in_time, late) = (seated.seat().reserve().unwrap(), seated.seat().reserve().unwrap());
        in_time.bring(push()).unwrap();
        assert_eq!(seated.close().len(), 1);
        assert_eq!(*late.bring(push()).unwrap_err(), push());
        assert_eq!(seated.room(), 1);
    }
}
