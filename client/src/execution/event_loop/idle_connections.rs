//! Open connections without a request.

use std::collections::VecDeque;

/// Open connections without a request, by the index of their endpoint; `C` is a connection.
#[derive(Debug)]
pub(super) struct IdleConnections<C> {
    by_endpoint: Box<[VecDeque<C>]>,
    count: usize,
}

impl<C> IdleConnections<C> {
    /// For this number of endpoints.
    pub(super) fn new(endpoints: usize) -> IdleConnections<C> {
        IdleConnections {
            by_endpoint: (0..endpoints).map(|_| VecDeque::new()).collect(),
            count: 0,
        }
    }

    pub(super) fn put(&mut self, endpoint: usize, connection: C) {
        self.by_endpoint[endpoint].push_back(connection);
        self.count += 1;
    }

    /// The last used connection to an endpoint, because the server is least likely to have closed that one.
    pub(super) fn take(&mut self, endpoint: usize) -> Option<C> {
        let taken = self.by_endpoint[endpoint].pop_back();
        self.count -= usize::from(taken.is_some());
        taken
    }

    /// Closes connections until at most `max` are open: those that were not used for the longest time, of the endpoint with the
    /// most connections.
    pub(super) fn shrink_to(&mut self, max: usize) {
        while self.count > max {
            let most = self.by_endpoint.iter_mut().max_by_key(|idle| idle.len());
            drop(most.and_then(VecDeque::pop_front));
            self.count -= 1;
        }
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

    #[test]
    fn oldest_connections_of_the_endpoint_with_the_most_are_closed() {
        let mut idle = idle(&[(0, 1), (0, 2), (0, 3), (1, 4)]);
        idle.shrink_to(4);
        assert_eq!(idle.count, 4);
        idle.shrink_to(2);
        assert_eq!(
            (idle.take(0), idle.take(0), idle.take(1)),
            (Some(3), None, Some(4))
        );
        idle.shrink_to(0);
    }
}
