//! Field values and paths from the network: parsing never panics, and what is parsed prints back to itself.

#![no_main]

use flagpole_protocol::{ContentDigest, Resource, ServerTiming};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(digest) = ContentDigest::from_header(text) {
        assert_eq!(ContentDigest::from_header(&digest.to_string()), Some(digest));
    }
    if let Some(resource) = Resource::from_path(text) {
        assert_eq!(resource.path(), text);
    }
    if let Some(timing) = ServerTiming::from_header(text) {
        let again = ServerTiming::from_header(&timing.to_string()).expect("a printed field is parsed");
        assert_eq!((again.planned, again.actual), (timing.planned, timing.actual));
    }
});
