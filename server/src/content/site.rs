//! The responses of a site, prepared at start: nothing is formatted or hashed while a request waits, except the first
//! one for the page or the index.

use crate::content::index_page;
use crate::http::prepared_response::PreparedResponse;
use crate::http::route::Route;
use flagpole_fixtures::Catalog;
use flagpole_protocol::{FateKey, Resource};
use http::header::ALLOW;
use http::{HeaderValue, StatusCode};
use std::sync::{Arc, LazyLock, OnceLock};

#[cfg(feature = "embedded-flags")]
static EMBEDDED: LazyLock<Arc<Site>> = LazyLock::new(|| Arc::new(Site::new(Catalog::embedded())));

/// All responses of a site.
#[derive(Debug)]
pub struct Site {
    catalog: Catalog,
    /// By the index of the resource.
    resources: Vec<Option<PreparedResponse>>,
    flags_page: OnceLock<PreparedResponse>,
    index: OnceLock<PreparedResponse>,
    not_found: PreparedResponse,
    method_not_allowed: PreparedResponse,
}

impl Site {
    /// The site of the embedded flags; prepared once per process.
    #[cfg(feature = "embedded-flags")]
    pub fn embedded() -> Arc<Site> {
        EMBEDDED.clone()
    }

    /// The site of a catalogue.
    pub fn new(catalog: Catalog) -> Site {
        let mut resources = vec![None; Resource::COUNT];
        for (resource, file) in catalog.iter() {
            let response =
                PreparedResponse::ok(resource.content_type(), file.body.clone(), file.digest);
            resources[resource.index()] = Some(response);
        }
        let mut method_not_allowed = PreparedResponse::for_status(StatusCode::METHOD_NOT_ALLOWED);
        let methods = HeaderValue::from_static("GET, HEAD");
        method_not_allowed.headers.insert(ALLOW, methods);
        Site {
            resources,
            catalog,
            flags_page: OnceLock::new(),
            index: OnceLock::new(),
            not_found: PreparedResponse::for_status(StatusCode::NOT_FOUND),
            method_not_allowed,
        }
    }

    /// The length of the body of the resource with this key, in bytes; 0 if the site has no such resource.
    pub fn length(&self, key: &FateKey) -> u64 {
        let resource = key.resource();
        let response = resource.and_then(|resource| self.resources[resource.index()].as_ref());
        response.map_or(0, |response| response.body.len() as u64)
    }

    /// The response for a route, without preconditions and ranges.
    pub(crate) fn response(&self, route: Route) -> &PreparedResponse {
        match route {
            Route::Resource(resource) => self.resources[resource.index()]
                .as_ref()
                .unwrap_or(&self.not_found),
            Route::Gallery => self.flags_page.get_or_init(|| {
                let page = index_page::html(&self.catalog);
                PreparedResponse::page("text/html; charset=utf-8", page)
            }),
            Route::Index => self.index.get_or_init(|| {
                PreparedResponse::page("application/json", index_page::json(&self.catalog))
            }),
            Route::Unknown => &self.not_found,
            Route::Method => &self.method_not_allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::ContentDigest;
    use http::Method;

    fn response(path: &str) -> PreparedResponse {
        let route = Route::new(&Method::GET, &FateKey::from_path(path));
        Site::embedded().response(route).clone()
    }

    #[test]
    fn a_flag_has_a_digest_and_a_media_type() {
        let flag = response("/flags/br/br.gif");
        assert_eq!(flag.status, 200);
        assert_eq!(flag.headers["content-type"], "image/gif");
        assert_eq!(
            flag.headers["content-digest"],
            ContentDigest::from_body(&flag.body).to_string()
        );
        assert!(flag.body.starts_with(b"GIF8"));
    }

    #[test]
    fn an_unknown_path_is_404() {
        for path in ["/flags/zz/zz.gif", "/", "/flags/br/us.gif"] {
            assert_eq!(response(path).status, 404, "{path}");
        }
    }

    #[test]
    fn a_405_lists_the_allowed_methods() {
        let site = Site::embedded();
        let response = site.response(Route::Method);
        assert_eq!(response.status, 405);
        assert_eq!(response.headers["allow"], "GET, HEAD");
    }
}
