//! Lists that span pages, up to the number that was asked for.

use std::future::Future;

use crate::errors::CommandError;

/// The largest page that servers give.
const LARGEST_PAGE: usize = 500;

/// Reads pages until there are enough items or no more. Says also whether more are left.
///
/// # Errors
/// Those of a page.
pub async fn collect<T, F>(
    limit: usize,
    mut page: impl FnMut(i32, String) -> F,
) -> Result<(Vec<T>, bool), CommandError>
where
    F: Future<Output = Result<(Vec<T>, String), CommandError>>,
{
    let mut items = Vec::new();
    let mut token = String::new();
    loop {
        let wanted = (limit - items.len()).min(LARGEST_PAGE);
        let size = i32::try_from(wanted).unwrap_or(i32::MAX);
        let (found, next) = page(size, token).await?;
        items.extend(found);
        if next.is_empty() || items.len() >= limit {
            items.truncate(limit);
            return Ok((items, !next.is_empty()));
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn numbers(size: i32, token: String) -> Result<(Vec<i32>, String), CommandError> {
        let from: i32 = token.parse().unwrap_or(0);
        let before = (from + size).min(1_200);
        let next = if before < 1_200 { before.to_string() } else { String::new() };
        Ok(((from..before).collect(), next))
    }

    #[tokio::test]
    async fn pages_are_joined_up_to_the_limit() {
        let (all, more) = collect(5_000, numbers).await.unwrap();
        assert_eq!((all.len(), more), (1_200, false));
        let (some, more) = collect(700, numbers).await.unwrap();
        assert_eq!((some.len(), some[699], more), (700, 699, true));
    }
}
