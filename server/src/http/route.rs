//! The route of a request: what the site serves for a method and a normalised path.

use flagpole_protocol::{FateKey, Resource, ServerIdentity};
use http::Method;

/// What the site serves for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// A path of the form of a resource; the site may not have the resource.
    Resource(Resource),
    /// `/` and `/flags`: a redirect to the page.
    RedirectToPage,
    /// `/flags/`: all flags on one page.
    FlagsPage,
    /// `/flags/index.json`: the catalogue.
    Index,
    /// `/.well-known/flagpole`: what the server says of itself.
    Identity,
    /// Any other path.
    Unknown,
    /// A method other than GET and HEAD.
    Method,
}

impl Route {
    /// The route of a request. `key` is the normalised path, so equivalent paths have the same route; the query makes
    /// no difference.
    pub(crate) fn new(method: &Method, key: &FateKey) -> Route {
        if method != Method::GET && method != Method::HEAD {
            return Route::Method;
        }
        if let Some(resource) = key.resource() {
            return Route::Resource(resource);
        }
        match key.as_str() {
            "/" | "/flags" => Route::RedirectToPage,
            "/flags/" => Route::FlagsPage,
            "/flags/index.json" => Route::Index,
            ServerIdentity::PATH => Route::Identity,
            _ => Route::Unknown,
        }
    }

    /// Whether the route is a page or the index: only rules whose path matches it, and no flag or metadata, apply to it.
    pub(crate) fn is_page(self) -> bool {
        match self {
            Route::RedirectToPage | Route::FlagsPage | Route::Index => true,
            Route::Resource(_) | Route::Identity | Route::Unknown | Route::Method => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_route() {
        let flag = Resource::Flag("BR".parse().unwrap());
        for (path, route) in [
            ("/flags/br/br.gif", Route::Resource(flag)),
            ("/flags/br/../br/br.gif", Route::Resource(flag)),
            ("/flags/", Route::FlagsPage),
            ("//flags/.", Route::FlagsPage),
            ("/flags/index%2Ejson", Route::Index),
            ("/flags", Route::RedirectToPage),
            ("/.well-known/flagpole", Route::Identity),
            ("/.well-known/flagpole/", Route::Unknown),
            ("/", Route::RedirectToPage),
            ("/flagsx", Route::Unknown),
            ("*", Route::Unknown),
        ] {
            let key = FateKey::from_path(path);
            assert_eq!(Route::new(&Method::GET, &key), route, "{path}");
            assert_eq!(Route::new(&Method::HEAD, &key), route, "{path}");
            assert_eq!(Route::new(&Method::POST, &key), Route::Method, "{path}");
        }
    }
}
