//! What a request asks for.

use flagpole_protocol::Resource;
use http::Method;

/// What a request asks for, by its method and path alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// A path of the shape of a resource; whether the site has it is the site's to say.
    Resource(Resource),
    /// `/flags/`: all flags on one page.
    Gallery,
    /// `/flags/index.json`: the catalogue.
    Index,
    /// Any other path.
    Unknown,
    /// A method other than GET and HEAD.
    Method,
}

impl Route {
    /// The route of a request. The query is no part of a path (RFC 3986 section 3.4) and is passed
    /// over.
    pub fn of(method: &Method, path: &str) -> Route {
        if method != Method::GET && method != Method::HEAD {
            return Route::Method;
        }
        match path {
            "/flags/" => Route::Gallery,
            "/flags/index.json" => Route::Index,
            _ => Resource::from_path(path).map_or(Route::Unknown, Route::Resource),
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
            ("/flags/", Route::Gallery),
            ("/flags/index.json", Route::Index),
            ("/flags", Route::Unknown),
            ("/", Route::Unknown),
            ("*", Route::Unknown),
        ] {
            assert_eq!(Route::of(&Method::GET, path), route, "{path}");
            assert_eq!(Route::of(&Method::HEAD, path), route, "{path}");
            assert_eq!(Route::of(&Method::POST, path), Route::Method, "{path}");
        }
    }
}
