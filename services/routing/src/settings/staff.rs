//! Who works where, as other services hear it of a directory: whose accounts are people's in posts of agencies.

use std::path::Path;

use fengqiao_county::Mistake;
use fengqiao_proto::routing::v1::{Staff, StaffAgency, StaffPost, StaffTenure};

use super::Files;
use crate::directory::Directory;

/// What it is made of.
const FILES: [&str; 3] = ["agencies.csv", "posts.csv", "people.csv"];
/// So many bytes these may have together: what is told of them goes to all services in one event.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// What is wrong with the size of a directory's people.
pub(super) fn too_large(files: &Files) -> Option<Mistake> {
    let bytes: usize = FILES.iter().filter_map(|name| files.get(*name)).map(String::len).sum();
    let reason =
        || format!("agencies, posts and people may have {MOST_BYTES} bytes together; they have {bytes}");
    (bytes > MOST_BYTES).then(|| Mistake::new(Path::new("people.csv"), 0, reason()))
}

/// Who works where. No telephone numbers.
pub(super) fn of(directory: &Directory) -> Staff {
    let agencies = directory
        .agencies_after("")
        .map(|agency| StaffAgency { code: agency.code.clone(), name: agency.name.clone() });
    let posts = directory.posts().iter().map(|post| StaffPost {
        code: post.code.clone(),
        name: post.name.clone(),
        agency: post.agency.clone(),
    });
    let tenures = directory.people().flat_map(|person| {
        person.capacities.iter().map(|held| StaffTenure {
            person: person.person.clone(),
            name: person.name.clone(),
            post: held.post.clone(),
            from: held.from.to_string(),
            to: held.to.map(|to| to.to_string()).unwrap_or_default(),
        })
    });
    Staff { agencies: agencies.collect(), posts: posts.collect(), tenures: tenures.collect() }
}
