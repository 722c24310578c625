//! The answers of a site, prepared at start: nothing is formatted or hashed while a request waits.

use crate::content::index_page as gallery;
use crate::http::corruption;
use crate::http::route::Route;
use bytes::Bytes;
use flagpole_fixtures::Catalog;
use flagpole_protocol::FateKey;
use flagpole_protocol::StatusResponse;
use flagpole_protocol::{ContentDigest, Resource};
use http::header::{ACCEPT_RANGES, ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;
use std::sync::{Arc, LazyLock};

static EMBEDDED: LazyLock<Arc<Site>> = LazyLock::new(|| Arc::new(Site::new(&Catalog::embedded())));

/// The digest of the body as it is sent (RFC 9530 section 2).
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// One answer, whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The reason phrase, where it is not the usual one.
    pub(crate) reason: Option<ReasonPhrase>,
}

impl Answer {
    /// The answer with bits of its body flipped.
    pub(crate) fn corrupt(self, bits: u32, draw: u64) -> Answer {
        Answer {
            body: corruption::flip(&self.body, bits, draw),
            ..self
        }
    }
}

/// All answers of a site.
#[derive(Debug)]
pub struct Site {
    resources: Vec<Option<Answer>>,
    gallery: Answer,
    index: Answer,
    unknown: Answer,
    method: Answer,
}

impl Site {
    /// The site that comes with flagpole; prepared once a process.
    pub fn embedded() -> Arc<Site> {
        EMBEDDED.clone()
    }

    /// The site of a catalogue.
    pub fn new(catalog: &Catalog) -> Site {
        let mut resources = vec![None; Resource::COUNT];
        for (resource, body) in catalog.iter() {
            resources[resource.index()] = Some(found(resource.content_type(), body.clone()));
        }
        let mut method = plain(StatusCode::METHOD_NOT_ALLOWED);
        method
            .headers
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        Site {
            resources,
            gallery: found("text/html; charset=utf-8", gallery::page(catalog).into()),
            index: found("application/json", gallery::index(catalog).into()),
            unknown: plain(StatusCode::NOT_FOUND),
            method,
        }
    }

    /// The length of the body of the resource with this key, in bytes; 0 if the site has no such resource.
    pub fn length(&self, key: &FateKey) -> u64 {
        let resource = key.resource();
        let response = resource.and_then(|resource| self.resources[resource.index()].as_ref());
        response.map_or(0, |response| response.body.len() as u64)
    }

    pub(crate) fn answer(&self, route: Route) -> &Answer {
        match route {
            Route::Resource(resource) => self.resources[resource.index()]
                .as_ref()
                .unwrap_or(&self.unknown),
            Route::Gallery => &self.gallery,
            Route::Index => &self.index,
            Route::Unknown => &self.unknown,
            Route::Method => &self.method,
        }
    }
}

/// An answer that is its status, with the name of it as the body.
pub(crate) fn plain(status: StatusCode) -> Answer {
    explained(status, status.to_string().trim_end())
}

/// The answer of a fault that is a status.
pub(crate) fn status(status: &StatusResponse) -> Answer {
    let mut answer = match &status.body {
        Some(body) => explained(status.code, body),
        None => plain(status.code),
    };
    if let Some(seconds) = status.retry_after {
        answer
            .headers
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let reason = status
        .reason
        .as_deref()
        .map(|reason| ReasonPhrase::try_from(reason.as_bytes()));
    answer.reason = reason.map(|reason| reason.expect("a reason is printable ASCII"));
    answer
}

/// An answer that is its status, with a sentence for the reader as the body.
pub(crate) fn explained(status: StatusCode, sentence: &str) -> Answer {
    // These have no content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
    if matches!(status.as_u16(), 204 | 205 | 304) {
        return Answer {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            reason: None,
        };
    }
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, text)]);
    Answer {
        status,
        headers,
        body: format!("{sentence}\n").into(),
        reason: None,
    }
}

/// The value of a field that is made of numbers and encoded digests.
pub(crate) fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits, hexadecimal and base64 are ASCII")
}

fn found(content_type: &'static str, body: Bytes) -> Answer {
    let digest = ContentDigest::from_body(&body);
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (ETAG, ascii(format!("\"{}\"", digest.short()))),
        (CONTENT_DIGEST, ascii(digest.to_string())),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ]);
    Answer {
        status: StatusCode::OK,
        headers,
        body,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn answer(path: &str) -> Answer {
        Site::embedded()
            .answer(Route::new(&Method::GET, &FateKey::from_path(path)))
            .clone()
    }

    #[test]
    fn a_flag_comes_with_its_digest() {
        let flag = answer("/flags/br/br.gif");
        assert_eq!(flag.status, 200);
        assert_eq!(flag.headers["content-type"], "image/gif");
        assert_eq!(
            flag.headers["content-digest"],
            ContentDigest::from_body(&flag.body).to_string()
        );
        assert!(flag.body.starts_with(b"GIF8"));
    }

    #[test]
    fn a_path_that_the_site_does_not_have_is_not_found() {
        for path in ["/flags/zz/zz.gif", "/", "/flags/br/us.gif"] {
            assert_eq!(answer(path).status, 404, "{path}");
        }
    }

    #[test]
    fn a_method_that_is_not_allowed_is_told_which_are() {
        let refused = Site::embedded().answer(Route::Method).clone();
        assert_eq!(refused.status, 405);
        assert_eq!(refused.headers["allow"], "GET, HEAD");
    }

    #[test]
    fn a_status_without_content_has_none() {
        assert_eq!(plain(StatusCode::IM_A_TEAPOT).body, "418 I'm a teapot\n");
        assert!(plain(StatusCode::NO_CONTENT).body.is_empty());
        assert!(plain(StatusCode::NOT_MODIFIED).headers.is_empty());
    }
}
