//! An endpoint of a run, prepared for all requests to it.

use super::connect::ServerAddress;
use crate::Endpoint;
use flagpole_protocol::Resource;
use url::Url;

/// Where requests go, and how their targets begin.
#[derive(Clone, Debug)]
pub(crate) struct PreparedEndpoint {
    pub(super) address: ServerAddress,
    /// The origin in requests to a proxy, otherwise empty.
    pub(super) origin: String,
    /// The path of the site of flags.
    prefix: String,
    /// The URL against which redirects are resolved.
    site: Option<Url>,
}

impl PreparedEndpoint {
    pub(super) fn new(endpoint: &Endpoint) -> PreparedEndpoint {
        PreparedEndpoint {
            address: ServerAddress::new(endpoint),
            origin: endpoint.origin_prefix(),
            prefix: endpoint.target().prefix.clone(),
            site: Url::parse(&endpoint.target().to_string()).ok(),
        }
    }

    /// The URL against which redirects are resolved; `None` if redirects are not followed.
    pub(crate) fn site(&self) -> Option<&Url> {
        self.site.as_ref()
    }

    /// The path of a request target in two parts: the given one, or the path of the resource. The prefix is that of the site
    /// of flags; any other path is complete.
    pub(crate) fn path<'t>(&'t self, resource: Resource, path: Option<&'t str>) -> [&'t str; 2] {
        match path {
            Some(path) => ["", path],
            None if resource.code().is_some() => [&self.prefix, resource.path()],
            None => ["", resource.path()],
        }
    }
}
