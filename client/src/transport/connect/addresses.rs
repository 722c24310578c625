//! The addresses of a host in the order in which they are tried.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The addresses of a host. Clones share the memory of which address worked.
#[derive(Clone, Debug)]
pub(crate) struct Addresses(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The families alternate.
    list: Box<[SocketAddr]>,
    /// Index of the address that worked last.
    preferred: AtomicUsize,
}

impl Addresses {
    /// Alternates the families, beginning with that of the first address, and keeps the resolver's order within a family
    /// (RFC 8305 section 4).
    pub(crate) fn new(resolved: &[SocketAddr]) -> Addresses {
        let is_first_family = |address: &&SocketAddr| {
            address.is_ipv4() == resolved.first().is_some_and(SocketAddr::is_ipv4)
        };
        let mut first = resolved.iter().filter(is_first_family);
        let mut second = resolved.iter().filter(|address| !is_first_family(address));
        let mut list = Vec::with_capacity(resolved.len());
        while list.len() < resolved.len() {
            list.extend(first.next());
            list.extend(second.next());
        }
        Addresses(Arc::new(Shared {
            list: list.into(),
            preferred: AtomicUsize::new(0),
        }))
    }

    pub(super) fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Index of the address that is tried first.
    pub(super) fn preferred(&self) -> usize {
        self.0.preferred.load(Relaxed)
    }

    /// Makes an address the first one to try.
    pub(super) fn prefer(&self, index: usize) {
        // Written only if it changes, because the cores of a run share it.
        if self.preferred() != index {
            self.0.preferred.store(index, Relaxed);
        }
    }

    /// The address at this index.
    pub(super) fn get(&self, index: usize) -> SocketAddr {
        self.0.list[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate_beginning_with_that_of_the_first_address() {
        for (resolved, expected) in [
            ("6a 6b 4a 4b", "6a 4a 6b 4b"),
            ("4a 4b 4c 6a", "4a 6a 4b 4c"),
            ("4a 6a 6b", "4a 6a 6b"),
            ("6b 6a", "6b 6a"),
            ("", ""),
        ] {
            let addresses = Addresses::new(&parse(resolved));
            assert_eq!(*addresses.0.list, parse(expected), "{resolved}");
        }
    }

    /// `4a` is 10.0.0.10, `6b` is `::b`.
    fn parse(names: &str) -> Vec<SocketAddr> {
        let parse_one = |name: &str| match name.split_at(1) {
            ("4", host) => {
                let host = u8::from_str_radix(host, 16).unwrap();
                SocketAddr::from(([10, 0, 0, host], 80))
            }
            (_, host) => format!("[::{host}]:80").parse().unwrap(),
        };
        names.split_whitespace().map(parse_one).collect()
    }
}
