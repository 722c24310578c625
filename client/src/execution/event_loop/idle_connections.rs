//! Open connections without a request.

use std::collections::VecDeque;

/// Open connections without a request, by the index of their endpoint; `C` is a connection. A new connection is opened only
/// if the endpoint has no idle one, so that an endpoint never has more connections than the loop has concurrency slots.
#[derive(Debug)]
pub(super) struct IdleConnections<C> {
    by_endpoint: Box<[VecDeque<C>]>,
}

impl<C> IdleConnections<C> {
    /// For this number of endpoints.
    pub(super) fn new(endpoints: usize) -> IdleConnections<C> {
        IdleConnections {
            by_endpoint: (0..endpoints).map(|_| VecDeque::new()).collect(),
        }
    }

    pub(super) fn put(&mut self, endpoint: usize, connection: C) {
        self.by_endpoint[endpoint].push_back(connection);
    }

    /// The last used connection to an endpoint, because the server is least likely to have closed that one.
    pub(super) fn take(&mut self, endpoint: usize) -> Option<C> {
        self.by_endpoint[endpoint].pop_back()
    }

    /// Closes all connections.
    pub(super) fn clear(&mut self) {
        self.by_endpoint.iter_mut().for_each(VecDeque::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(connections: &[(usize, u32)]) -> IdleConnections<u32> {
        let mut idle = IdleConnections::new(2);
        for (endpoint, connection) in connections {
            idle.put(*endpoint, *connection);
        }
        idle
    }

    #[test]
    fn last_used_connection_to_the_endpoint_is_taken() {
        let mut idle = idle(&[(0, 1), (0, 2), (1, 3)]);
        assert_eq!(
            [1, 1, 0, 0, 0].map(|endpoint| idle.take(endpoint)),
            [Some(3), None, Some(2), Some(1), None]
        );
    }
}
