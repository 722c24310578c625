//! What comes from the network into both sides: field values and paths. Nothing panics, and what we
//! write reads back.

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
        let again = ServerTiming::from_header(&timing.to_string()).expect("what was written reads back");
        assert_eq!((again.planned, again.actual), (timing.planned, timing.actual));
    }
});
