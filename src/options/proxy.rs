//! Options of the proxy.

use anyhow::{Result, anyhow};
use clap::Args;
use flagpole_client::{Endpoint, Proxy, Target};
use std::env;

/// Whether requests go through a proxy. By default they do not, whatever the environment says.
#[derive(Args, Default)]
pub(crate) struct ProxyOptions {
    /// Send requests through this HTTP proxy: `http://127.0.0.1:3128`
    // Parsed later, because clap shows a value that it refuses, with the password.
    #[arg(long, value_name = "URL", conflicts_with = "proxy_from_env")]
    proxy: Option<String>,

    /// Use the proxy of `http_proxy` or `all_proxy`, except for `no_proxy`
    #[arg(long)]
    proxy_from_env: bool,
}

impl ProxyOptions {
    /// Whether requests may go through a proxy.
    pub(crate) fn is_given(&self) -> bool {
        self.proxy.is_some() || self.proxy_from_env
    }

    /// Looks up the host of the target, or that of the proxy. Errors about the target begin with the name of its argument.
    pub(crate) fn resolve(&self, target: Target, argument: &str) -> Result<Endpoint> {
        match self.proxy(&target)? {
            None => target
                .resolve()
                .map_err(|error| anyhow!("{argument}: {error}")),
            Some(proxy) => {
                let endpoint = target.resolve_via(proxy);
                endpoint.map_err(|error| anyhow!("{}: {error}", self.option()))
            }
        }
    }

    fn proxy(&self, target: &Target) -> Result<Option<Proxy>> {
        if let Some(url) = &self.proxy {
            let proxy = url.parse();
            return proxy.map(Some).map_err(|error| anyhow!("--proxy: {error}"));
        }
        if !self.proxy_from_env {
            return Ok(None);
        }
        // A variable with other bytes than UTF-8 is refused as a URL.
        let variable = |name: &str| Some(env::var_os(name)?.to_string_lossy().into_owned());
        let proxy = Proxy::from_environment(target.host(), variable);
        proxy.map_err(|error| anyhow!("--proxy-from-env: {error}"))
    }

    fn option(&self) -> &'static str {
        if self.proxy_from_env {
            "--proxy-from-env"
        } else {
            "--proxy"
        }
    }
}
