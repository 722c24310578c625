//! Where a key stands in the text of a profile.

pub(super) mod path_segment;
pub mod source_location;
pub mod source_locations;
