//! The responses of a site, prepared at start: nothing is formatted or hashed while a request waits, except the first
//! one for the page or the index.

use crate::config::listener::Listener;
use crate::content::index_page;
use crate::http::prepared_response::PreparedResponse;
use crate::http::route::Route;
use flagpole_fixtures::Catalog;
use flagpole_protocol::{FateKey, Resource, ServerIdentity};
use http::header::{ALLOW, LOCATION};
use http::{HeaderValue, StatusCode};
use std::sync::{Arc, OnceLock};

/// All responses of a site, except the page, which describes a listener as well.
#[derive(Debug)]
pub struct Site {
    catalog: Catalog,
    /// By the index of the resource.
    resources: Vec<Option<PreparedResponse>>,
    index: OnceLock<PreparedResponse>,
    redirect_to_page: PreparedResponse,
    not_found: PreparedResponse,
    method_not_allowed: PreparedResponse,
}

impl Site {
    /// The site of the embedded flags; prepared once per process.
    #[cfg(feature = "embedded-flags")]
    pub fn embedded() -> Arc<Site> {
        static EMBEDDED: std::sync::LazyLock<Arc<Site>> =
            std::sync::LazyLock::new(|| Arc::new(Site::new(Catalog::embedded())));
        EMBEDDED.clone()
    }

    /// The site of a catalogue: files in memory, or `Catalog::load` of a folder.
    ///
    /// ```
    /// use flagpole_server::{BlockingServer, Catalog, Resource, Site};
    ///
    /// let flag = Resource::Flag("BR".parse()?);
    /// let site = Site::new(Catalog::from_files([(flag, "GIF89a".into())]));
    /// let server = BlockingServer::builder().site(site.into()).start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(catalog: Catalog) -> Site {
        let mut resources = vec![None; Resource::COUNT];
        for (resource, file) in catalog.iter() {
            let response =
                PreparedResponse::ok(resource.content_type(), file.body.clone(), file.digest);
            if let Some(index) = resource.index() {
                resources[index] = Some(response);
            }
        }
        let with_field = |status, name, value| {
            let mut response = PreparedResponse::for_status(status);
            response
                .headers
                .insert(name, HeaderValue::from_static(value));
            response
        };
        Site {
            resources,
            catalog,
            index: OnceLock::new(),
            redirect_to_page: with_field(StatusCode::PERMANENT_REDIRECT, LOCATION, "/flags/"),
            not_found: PreparedResponse::for_status(StatusCode::NOT_FOUND),
            method_not_allowed: with_field(StatusCode::METHOD_NOT_ALLOWED, ALLOW, "GET, HEAD"),
        }
    }

    /// The length of the body of the resource with this key, in bytes; 0 if the site has no such resource.
    pub fn length(&self, key: &FateKey) -> u64 {
        let response = key.resource().and_then(|resource| self.resource(resource));
        response.map_or(0, |response| response.body.len() as u64)
    }

    fn resource(&self, resource: Resource) -> Option<&PreparedResponse> {
        self.resources[resource.index()?].as_ref()
    }
}

/// What a listener serves: a site, and the page that describes the listener.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) site: Arc<Site>,
    pub(crate) seed: u64,
    /// What the page says that the server does.
    pub(crate) listener: Listener,
    pub(crate) flags_page: OnceLock<PreparedResponse>,
    pub(crate) identity: OnceLock<PreparedResponse>,
}

impl Content {
    /// The response for a route, without preconditions and ranges.
    pub(crate) fn response(&self, route: Route) -> &PreparedResponse {
        let site = &*self.site;
        match route {
            Route::Resource(resource) => site.resource(resource).unwrap_or(&site.not_found),
            Route::FlagsPage => self.flags_page.get_or_init(|| {
                let page = index_page::html(&site.catalog, &self.listener, self.seed);
                PreparedResponse::page("text/html; charset=utf-8", page)
            }),
            Route::Index => site.index.get_or_init(|| {
                PreparedResponse::page("application/json", index_page::json(&site.catalog))
            }),
            Route::Identity => self.identity.get_or_init(|| {
                let identity = ServerIdentity::new(self.listener.name.clone(), self.seed);
                let json = serde_json::to_string(&identity).expect("texts and numbers serialise");
                PreparedResponse::page("application/json", json + "\n")
            }),
            Route::RedirectToPage => &site.redirect_to_page,
            Route::Unknown => &site.not_found,
            Route::Method => &site.method_not_allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use flagpole_protocol::ContentDigest;
    use http::Method;

    fn content() -> Content {
        let flag = Resource::Flag("BR".parse().unwrap());
        let catalog = Catalog::from_files([(flag, Bytes::from_static(b"GIF89a"))]);
        Content {
            site: Arc::new(Site::new(catalog)),
            seed: 0,
            listener: Listener::default(),
            flags_page: OnceLock::new(),
            identity: OnceLock::new(),
        }
    }

    fn response(path: &str) -> PreparedResponse {
        let route = Route::new(&Method::GET, &FateKey::from_path(path));
        content().response(route).clone()
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
        for path in ["/flags/zz/zz.gif", "/flag", "/flags/br/us.gif"] {
            assert_eq!(response(path).status, 404, "{path}");
        }
    }

    #[test]
    fn a_405_lists_the_allowed_methods() {
        let route = Route::new(&Method::POST, &FateKey::from_path("/"));
        let response = content().response(route).clone();
        assert_eq!(response.status, 405);
        assert_eq!(response.headers["allow"], "GET, HEAD");
    }
}
