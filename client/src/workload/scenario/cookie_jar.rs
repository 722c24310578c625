//! The cookies of one iteration: a subset of RFC 6265.
//!
//! A cookie is sent to the origin that set it, and to no other: `Domain` is ignored, and unlike in browsers, ports are
//! different origins. `Path`, `Max-Age` and `Expires` count; `Secure`, `HttpOnly` and `SameSite` do not, because a service under
//! test is often reached without the TLS that stands before it in production. An `Expires` that is not before the `Date` of
//! its response is ignored: no clock is read, and runs are short.

use http::HeaderMap;
use http::header::{DATE, SET_COOKIE};
use std::time::{Duration, SystemTime};

/// The limits that RFC 6265 section 6.1 asks of clients at least: what a server can make an iteration keep.
const MAX_COOKIES: usize = 50;
const MAX_LENGTH: usize = 4096;

/// From the start of the epoch to 1 January 2020.
const YEAR_2020: Duration = Duration::from_secs(1_577_836_800);

/// Cookies in the order in which they were set first.
#[derive(Clone, Debug, Default)]
pub(super) struct CookieJar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    /// The index of the endpoint that set it.
    endpoint: usize,
    name: String,
    value: String,
    path: String,
    /// From the start of the run; `None` if it lasts as long as the iteration.
    expires: Option<Duration>,
}

impl CookieJar {
    /// Keeps the cookies that a response sets which arrived at `now` after a request for `path`.
    pub(super) fn store(&mut self, endpoint: usize, path: &str, fields: &HeaderMap, now: Duration) {
        let date = fields.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        // Without a `Date`, only what is past for every user of this program is over.
        let date = date.unwrap_or(SystemTime::UNIX_EPOCH + YEAR_2020);
        for field in fields.get_all(SET_COOKIE) {
            let text = field.to_str().ok().filter(|text| text.len() <= MAX_LENGTH);
            if let Some(cookie) = text.and_then(|text| parse(text, endpoint, path, date, now)) {
                self.replace(cookie, now);
            }
        }
    }

    fn replace(&mut self, cookie: Cookie, now: Duration) {
        let is_same = |old: &Cookie| {
            (old.endpoint, &old.name, &old.path) == (cookie.endpoint, &cookie.name, &cookie.path)
        };
        let known = self.0.iter().position(is_same);
        match (known, cookie.is_valid(now)) {
            (Some(known), true) => self.0[known] = cookie,
            (Some(known), false) => drop(self.0.remove(known)),
            (None, false) => {}
            (None, true) => {
                if self.0.len() == MAX_COOKIES {
                    self.0.remove(0);
                }
                self.0.push(cookie);
            }
        }
    }

    /// The value of the `Cookie` field of a request at `now`, if there are cookies for it: those with longer paths first
    /// (RFC 6265 section 5.4).
    pub(super) fn field_value(&self, endpoint: usize, path: &str, now: Duration) -> Option<String> {
        let is_sent = |cookie: &&Cookie| {
            cookie.endpoint == endpoint && cookie.matches(path) && cookie.is_valid(now)
        };
        let mut sent: Vec<_> = self.0.iter().filter(is_sent).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Cookie {
    fn is_valid(&self, now: Duration) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }

    /// RFC 6265 section 5.1.4.
    fn matches(&self, request_path: &str) -> bool {
        let rest = request_path.strip_prefix(self.path.as_str());
        rest.is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        })
    }
}

/// RFC 6265 section 5.2.
fn parse(
    text: &str,
    endpoint: usize,
    request_path: &str,
    date: SystemTime,
    now: Duration,
) -> Option<Cookie> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let mut cookie = Cookie {
        endpoint,
        name: name.to_owned(),
        value: value.to_owned(),
        path: default_path(request_path).to_owned(),
        expires: None,
    };
    let mut has_max_age = false;
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match key.as_str() {
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "path" => default_path(request_path).clone_into(&mut cookie.path),
            "max-age" => {
                if let Ok(seconds) = value.parse::<i64>() {
                    has_max_age = true;
                    let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
                    cookie.expires = Some(now.saturating_add(seconds));
                }
            }
            "expires" if !has_max_age => {
                let is_over = expiry(value).is_some_and(|expiry| expiry <= date);
                cookie.expires = is_over.then_some(Duration::ZERO);
            }
            _ => {}
        }
    }
    (!name.is_empty()).then_some(cookie)
}

/// The date of `Expires`, of which many servers write `01-Jan-1970`.
fn expiry(text: &str) -> Option<SystemTime> {
    let parse = |text: &str| httpdate::parse_http_date(text).ok();
    parse(text).or_else(|| parse(&text.replace('-', " ")))
}

/// RFC 6265 section 5.1.4.
fn default_path(request_path: &str) -> &str {
    match request_path.rfind('/') {
        None | Some(0) => "/",
        Some(last) => &request_path[..last],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Duration = Duration::from_secs(100);

    fn set(jar: &mut CookieJar, path: &str, cookies: &[&str]) {
        let mut fields = HeaderMap::new();
        for cookie in cookies {
            fields.append(SET_COOKIE, cookie.parse().unwrap());
        }
        let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        fields.insert(DATE, date);
        jar.store(0, path, &fields, NOW);
    }

    fn sent(jar: &CookieJar, path: &str) -> Option<String> {
        jar.field_value(0, path, NOW)
    }

    #[test]
    fn cookies_are_sent_below_their_path_longer_paths_first() {
        let mut jar = CookieJar::default();
        let cookies = [
            "a=1; Path=/",
            " b = 2 ",
            "c=3; path=/shop/cart; HttpOnly; Secure",
            "d=4; Path=x",
        ];
        set(&mut jar, "/shop/login", &cookies);
        assert_eq!(sent(&jar, "/shop/cart/7").unwrap(), "c=3; b=2; d=4; a=1");
        assert_eq!(sent(&jar, "/shop").unwrap(), "b=2; d=4; a=1");
        assert_eq!(sent(&jar, "/shopping").unwrap(), "a=1");
        assert_eq!(jar.field_value(1, "/shop", NOW), None, "another origin");
    }

    #[test]
    fn cookie_is_replaced_deleted_and_expires() {
        let mut jar = CookieJar::default();
        set(
            &mut jar,
            "/",
            &["a=1", "b=1", "c=1", "d=1", "e=1; Max-Age=5"],
        );
        set(
            &mut jar,
            "/",
            &[
                "a=2",
                "b=; Max-Age=0",
                "c=; Expires=Thu, 01-Jan-1970 00:00:00 GMT",
                "d=2; Expires=Wed, 09 Jun 2094 10:18:14 GMT; Max-Age=x",
                "f=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            ],
        );
        assert_eq!(sent(&jar, "/").unwrap(), "a=2; d=2; e=1; f=1");
        let later = NOW + Duration::from_secs(5);
        assert_eq!(jar.field_value(0, "/", later).unwrap(), "a=2; d=2");
    }

    #[test]
    fn number_and_length_of_cookies_are_bounded() {
        let mut jar = CookieJar::default();
        for number in 0..100 {
            set(&mut jar, "/", &[&format!("n{number}=1")]);
        }
        let sent = sent(&jar, "/").unwrap();
        assert!(
            sent.starts_with("n50=1; ") && sent.ends_with("n99=1"),
            "{sent}"
        );
        set(&mut jar, "/", &[&format!("long={}", "x".repeat(5000))]);
        assert_eq!(super::tests::sent(&jar, "/").unwrap(), sent);
    }

    proptest! {
        #[test]
        fn any_field_of_a_server_is_survived(text in "[ -~]{0,60}", path in "[/a-z]{0,10}") {
            let mut jar = CookieJar::default();
            set(&mut jar, &path, &[&text]);
            let sent = jar.field_value(0, &path, NOW).unwrap_or_default();
            prop_assert!(sent.parse::<http::HeaderValue>().is_ok());
        }
    }
}
