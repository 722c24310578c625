//! The key of a fate: requests with one key are counted together, and key and count select the fate.

use crate::{Resource, normalized_path};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// The normalised path of a request, without its query. Method and spelling of the path make no difference:
/// `GET /flags/br/br.gif`, `HEAD //flags/br/br.gif` and `GET /flags/%62r/br.gif?x` have the same key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FateKey(NormalizedPath);

/// `Resource` holds a flag or its metadata, and `Other` never the path of one, so that equal paths are equal values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum NormalizedPath {
    Resource(Resource),
    Other(Arc<str>),
}

impl FateKey {
    /// The key of a path as it was sent.
    pub fn from_path(path: &str) -> FateKey {
        // Most paths are those of resources, which are in normal form.
        if let Some(resource) = Resource::from_path(path) {
            return FateKey(NormalizedPath::Resource(resource));
        }
        let path = normalized_path(path);
        FateKey(match Resource::from_path(&path) {
            Some(resource) => NormalizedPath::Resource(resource),
            None => NormalizedPath::Other(path.into()),
        })
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            NormalizedPath::Resource(resource) => resource.path(),
            NormalizedPath::Other(path) => path,
        }
    }

    /// The flag or the metadata that the path names, whether the site has it or not.
    pub fn resource(&self) -> Option<Resource> {
        match self.0 {
            NormalizedPath::Resource(resource) => Some(resource),
            NormalizedPath::Other(_) => None,
        }
    }
}

impl From<Resource> for FateKey {
    fn from(resource: Resource) -> FateKey {
        match resource {
            Resource::Flag(_) | Resource::Metadata(_) => {
                FateKey(NormalizedPath::Resource(resource))
            }
            Resource::Path(target) => FateKey::from_path(target.path()),
        }
    }
}

impl fmt::Display for FateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for FateKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_paths_have_the_same_key() {
        let flag = FateKey::from(Resource::Flag("BR".parse().unwrap()));
        for path in [
            "/flags/br/br.gif",
            "//flags/br/br.gif",
            "/flags/%62r/br.gif",
            "/flags/br/../br/br.gif",
        ] {
            assert_eq!(FateKey::from_path(path), flag, "{path}");
        }
        assert_eq!(flag.to_string(), "/flags/br/br.gif");
        let target = Resource::Path("/flags/%62r/br.gif?x".parse().unwrap());
        assert_eq!(FateKey::from(target), flag);
    }

    #[test]
    fn other_paths_have_keys_of_their_own() {
        for path in ["/", "/flags/", "/flags/BR/BR.gif", "/flags%2Fbr/br.gif"] {
            let key = FateKey::from_path(path);
            assert_eq!((key.as_str(), key.resource()), (path, None));
        }
    }
}
