//! The representations of a resource (RFC 9110 section 8): without a coding and, of JSON and HTML, in gzip. Each has an
//! entity tag and a digest of its own.

use crate::http::prepared_response::{CONTENT_DIGEST, PreparedResponse, ascii};
use flagpole_fixtures::{GzipBody, SiteFile};
use flagpole_protocol::{ContentCoding, LastModified};
use http::header::{CONTENT_ENCODING, ETAG, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderValue};
use std::sync::OnceLock;

/// One representation.
#[derive(Debug)]
pub(crate) struct Representation {
    /// The response to a GET without preconditions and ranges.
    pub(crate) response: PreparedResponse,
    pub(crate) last_modified: Option<LastModified>,
}

/// The representations of a resource, or a response that has none, such as a redirect.
#[derive(Debug)]
pub(crate) struct Representations {
    identity: Representation,
    /// Boxed, because most resources have none.
    gzip: Option<Box<GzipRepresentation>>,
}

/// A representation that is prepared when it is first requested: few clients ask for it.
#[derive(Debug)]
struct GzipRepresentation {
    body: GzipBody,
    prepared: OnceLock<Representation>,
}

impl Representations {
    /// The representations of a file.
    pub(crate) fn new(content_type: &'static str, file: SiteFile) -> Representations {
        let mut response = PreparedResponse::ok(content_type, file.body, file.digest);
        let headers = &mut response.headers;
        if let Some(date) = file.last_modified {
            headers.insert(LAST_MODIFIED, ascii(date.to_string()));
        }
        if file.gzip.is_some() {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        Representations {
            identity: Representation {
                response,
                last_modified: file.last_modified,
            },
            gzip: file.gzip.map(|body| {
                let prepared = OnceLock::new();
                Box::new(GzipRepresentation { body, prepared })
            }),
        }
    }

    /// The representations of a page that the server makes. It has no date: the time at which it was made says nothing about
    /// when its content changed.
    pub(crate) fn page(content_type: &'static str, text: String) -> Representations {
        Representations::new(content_type, SiteFile::new(text.into()).with_gzip())
    }

    /// Makes the field values static, for representations that live as long as the process: a clone of another value
    /// changes a reference count, which workers on several cores would share.
    pub(crate) fn with_static_values(mut self) -> Representations {
        for value in self.identity.response.headers.values_mut() {
            let text = value.to_str().expect("prepared values are ASCII");
            *value = HeaderValue::from_static(text.to_owned().leak());
        }
        self
    }

    /// The coding that a request selects.
    pub(crate) fn negotiate(&self, request: &HeaderMap) -> ContentCoding {
        match self.gzip {
            Some(_) => ContentCoding::negotiate(request),
            None => ContentCoding::Identity,
        }
    }

    /// The representation in this coding; that without a coding if there is no other.
    pub(crate) fn get(&self, coding: ContentCoding) -> &Representation {
        match (&self.gzip, coding) {
            (Some(gzip), ContentCoding::Gzip) => gzip
                .prepared
                .get_or_init(|| self.identity.coded(&gzip.body)),
            _ => &self.identity,
        }
    }
}

impl Representation {
    /// This representation in gzip.
    fn coded(&self, gzip: &GzipBody) -> Representation {
        let mut response = PreparedResponse {
            body: gzip.body.clone(),
            ..self.response.clone()
        };
        let headers = &mut response.headers;
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(ETAG, ascii(format!("\"{}-gzip\"", gzip.digest.short())));
        headers.insert(CONTENT_DIGEST, ascii(gzip.digest.to_string()));
        Representation {
            response,
            last_modified: self.last_modified,
        }
    }
}

impl From<PreparedResponse> for Representations {
    fn from(response: PreparedResponse) -> Representations {
        Representations {
            identity: Representation {
                response,
                last_modified: None,
            },
            gzip: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "compression")]
    use flagpole_protocol::ContentDigest;

    fn names(representation: &Representation) -> Vec<&str> {
        let names = representation.response.headers.keys();
        let mut names: Vec<_> = names.map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[cfg(feature = "compression")]
    #[test]
    fn gzip_has_a_tag_a_digest_and_a_length_of_its_own() {
        let page = Representations::page("application/json", "[0, 0]\n".repeat(100));
        let [identity, gzip] =
            [ContentCoding::Identity, ContentCoding::Gzip].map(|one| page.get(one));
        let plain = [
            "accept-ranges",
            "content-digest",
            "content-type",
            "etag",
            "vary",
        ];
        assert_eq!(names(identity), plain);
        let mut coded = plain.to_vec();
        coded.insert(2, "content-encoding");
        assert_eq!(names(gzip), coded);
        assert!(gzip.response.body.len() < identity.response.body.len());
        let [plain, coded] = [identity, gzip].map(|one| &one.response);
        assert_ne!(plain.headers[ETAG], coded.headers[ETAG]);
        assert!(coded.headers[ETAG].to_str().unwrap().ends_with("-gzip\""));
        for response in [plain, coded] {
            let digest = ContentDigest::from_body(&response.body).to_string();
            assert_eq!(response.headers[CONTENT_DIGEST], digest);
            assert_eq!(response.headers[VARY], "accept-encoding");
        }
    }

    #[test]
    fn static_values_are_the_same() {
        let page = || Representations::page("application/json", "[]\n".to_owned());
        let headers = |page: Representations| page.identity.response.headers;
        assert_eq!(headers(page().with_static_values()), headers(page()));
    }

    #[test]
    fn what_gzip_does_not_make_smaller_does_not_vary() {
        let page = Representations::page("application/json", "[]\n".to_owned());
        let request = HeaderMap::from_iter([(
            http::header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip"),
        )]);
        assert_eq!(page.negotiate(&request), ContentCoding::Identity);
        let identity = page.get(ContentCoding::Gzip);
        assert_eq!(
            names(identity),
            ["accept-ranges", "content-digest", "content-type", "etag"]
        );
    }
}
