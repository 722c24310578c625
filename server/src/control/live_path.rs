//! Where the live pages have their files and their stream.

/// The folder of the files.
pub(super) const LIVE_FOLDER: &str = "/live/";

/// The route to the files.
pub(super) const LIVE_FILES: &str = "/live/{*name}";

/// The name of the stream in the folder.
pub(super) const EVENTS: &str = "events";
