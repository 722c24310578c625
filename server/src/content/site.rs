//! The responses of a site. Each is prepared by the first request for it, so that the start is quick and no other request
//! waits while something is formatted or hashed.

use crate::config::listener::Listener;
use crate::content::index_page;
use crate::content::representations::Representations;
use crate::http::prepared_response::PreparedResponse;
use crate::http::route::Route;
use flagpole_fixtures::Catalog;
use flagpole_protocol::{FateKey, Resource, ServerIdentity};
use http::header::{ALLOW, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::{Arc, OnceLock};

/// All responses of a site, except the page, which describes a listener as well.
#[derive(Debug)]
pub struct Site {
    catalog: Catalog,
    /// Whether the site lives as long as the process, so that its field values may be static.
    is_permanent: bool,
    /// By the index of the resource; those of the catalogue that have been requested.
    resources: Vec<OnceLock<Representations>>,
    index: OnceLock<Representations>,
    redirect_to_page: Representations,
    not_found: Representations,
    method_not_allowed: Representations,
}

impl Site {
    /// The site of the embedded flags; prepared once per process.
    #[cfg(feature = "embedded-flags")]
    pub fn embedded() -> Arc<Site> {
        static EMBEDDED: std::sync::LazyLock<Arc<Site>> = std::sync::LazyLock::new(|| {
            let mut site = Site::new(Catalog::embedded());
            site.is_permanent = true;
            Arc::new(site)
        });
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
        let with_field = |status, name: HeaderName, value| {
            let mut response = PreparedResponse::for_status(status);
            let value = HeaderValue::from_static(value);
            response.headers.insert(name, value);
            response.into()
        };
        Site {
            resources: (0..Resource::COUNT).map(|_| OnceLock::new()).collect(),
            catalog,
            is_permanent: false,
            index: OnceLock::new(),
            redirect_to_page: with_field(StatusCode::PERMANENT_REDIRECT, LOCATION, "/flags/"),
            not_found: PreparedResponse::for_status(StatusCode::NOT_FOUND).into(),
            method_not_allowed: with_field(StatusCode::METHOD_NOT_ALLOWED, ALLOW, "GET, HEAD"),
        }
    }

    /// The flags and metadata.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The length of the body of the resource with this key, without a coding, in bytes; 0 if the site has no such resource.
    pub fn length(&self, key: &FateKey) -> u64 {
        let file = key
            .resource()
            .and_then(|resource| self.catalog.get(resource));
        file.map_or(0, |body| body.len() as u64)
    }

    fn resource(&self, resource: Resource) -> Option<&Representations> {
        let prepared = &self.resources[resource.index()?];
        if let Some(prepared) = prepared.get() {
            return Some(prepared);
        }
        let file = self.catalog.file(resource)?.clone();
        Some(prepared.get_or_init(|| {
            let prepared = Representations::new(resource.content_type(), file);
            if self.is_permanent {
                prepared.with_static_values()
            } else {
                prepared
            }
        }))
    }
}

/// What a listener serves: a site, and the page that describes the listener.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) site: Arc<Site>,
    pub(crate) seed: u64,
    /// What the page says that the server does.
    pub(crate) listener: Listener,
    /// Whether a request may ask for its latency and faults.
    pub(crate) request_faults: bool,
    /// The value of the field, if representations have it.
    pub(crate) cache_control: Option<HeaderValue>,
    flags_page: OnceLock<Representations>,
    identity: OnceLock<Representations>,
}

impl Content {
    /// What a listener with this seed serves. `request_faults`: whether a request may ask for its latency and faults.
    pub(crate) fn new(
        site: Arc<Site>,
        seed: u64,
        listener: Listener,
        request_faults: bool,
    ) -> Content {
        let cache_control = listener.cache_control.as_ref();
        Content {
            cache_control: cache_control.map(|value| value.field_value().clone()),
            site,
            seed,
            listener,
            request_faults,
            flags_page: OnceLock::new(),
            identity: OnceLock::new(),
        }
    }

    /// The representations for a route.
    pub(crate) fn representations(&self, route: Route) -> &Representations {
        let site = &*self.site;
        match route {
            Route::Resource(resource) => site.resource(resource).unwrap_or(&site.not_found),
            Route::FlagsPage => self.flags_page.get_or_init(|| {
                let page = index_page::html(&site.catalog, &self.listener, self.seed);
                Representations::page("text/html; charset=utf-8", page)
            }),
            Route::Index => site.index.get_or_init(|| {
                Representations::page("application/json", index_page::json(&site.catalog))
            }),
            Route::Identity => self.identity.get_or_init(|| {
                let mut identity = ServerIdentity::new(self.listener.name.clone(), self.seed);
                identity.request_faults = self.request_faults;
                let json = serde_json::to_string(&identity).expect("texts and numbers serialise");
                Representations::page("application/json", json + "\n")
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
    use crate::content::selection::Selection;
    use bytes::Bytes;
    use flagpole_protocol::ContentDigest;
    use http::{Method, Request};

    fn content() -> Content {
        let flag = Resource::Flag("BR".parse().unwrap());
        let catalog = Catalog::from_files([(flag, Bytes::from_static(b"GIF89a"))]);
        Content::new(Arc::new(Site::new(catalog)), 0, Listener::default(), true)
    }

    fn request(method: Method, path: &str) -> PreparedResponse {
        let route = Route::new(&method, &FateKey::from_path(path));
        let request = Request::builder().method(method).body(()).unwrap();
        let content = content();
        Selection::new(&content, route, &request).response(&content)
    }

    fn response(path: &str) -> PreparedResponse {
        request(Method::GET, path)
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
        let response = request(Method::POST, "/");
        assert_eq!(response.status, 405);
        assert_eq!(response.headers["allow"], "GET, HEAD");
    }
}
