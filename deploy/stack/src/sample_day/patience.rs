//! Calls that are repeated until they are answered, while services die and come back.

use std::{future::Future, time::Duration};

use tonic::{Code, Status};

/// One try may take so long.
const ONE_TRY: Duration = Duration::from_secs(5);
/// All tries together.
const ALL_TRIES: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Repeats a call that can be repeated without harm, with a growing, random pause, for a minute.
pub(super) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let begun = tokio::time::Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match tokio::time::timeout(ONE_TRY, call()).await {
            Ok(Ok(answer)) => return Ok(answer.into_inner()),
            Ok(Err(error)) => error,
            Err(_) => Status::deadline_exceeded("no answer in time"),
        };
        if is_final(error.code()) || begun.elapsed() > ALL_TRIES {
            return Err(error);
        }
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether the same call would be answered in the same way again.
fn is_final(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_may_pass_is_repeated_and_what_is_wrong_is_not() {
        let tries = AtomicU32::new(0);
        let answer = patiently(|| async {
            match tries.fetch_add(1, Ordering::SeqCst) {
                0..3 => Err(Status::unavailable("")),
                n => Ok(tonic::Response::new(n)),
            }
        });
        assert_eq!(answer.await.unwrap(), 3);
        let refused = patiently(|| async {
            tries.fetch_add(1, Ordering::SeqCst);
            Err::<tonic::Response<()>, _>(Status::invalid_argument(""))
        });
        assert_eq!(refused.await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(tries.load(Ordering::SeqCst), 5);
    }
}
