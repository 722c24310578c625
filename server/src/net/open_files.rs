//! The limit on open files: every connection is one.

/// Raises the soft limit on open files of this process to the hard one, as far as the system
/// allows; gives the limit that holds then.
#[cfg(target_os = "linux")]
pub fn raise_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let old = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: old.maximum,
        maximum: old.maximum,
    };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() {
        raised
    } else {
        old
    };
    limit.current.unwrap_or(u64::MAX)
}

/// Where it is not known how to ask, the default of most systems.
#[cfg(not(target_os = "linux"))]
pub fn raise_limit() -> u64 {
    256
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let raised = super::raise_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(Some(raised), limit.current);
        assert_eq!(limit.current, limit.maximum);
    }
}
