//! The contract's comments, by the descriptors that they stand before.

use prost_reflect::FileDescriptor;

/// The comment that stands before what has this path in a file, on one line; empty where there is none.
pub(super) fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let file = file.file_descriptor_proto();
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let mut there = locations.filter(|location| location.path == path);
    let words = there.find_map(|location| location.leading_comments.as_deref()).unwrap_or_default();
    words.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
