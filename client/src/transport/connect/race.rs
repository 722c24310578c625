//! The sockets of the attempts that [`HappyEyeballs`] decides about, for a driver that waits for them.

use super::addresses::Addresses;
use super::happy_eyeballs::{ConnectAction, HappyEyeballs};
use flagpole_protocol::Outcome;
use smallvec::SmallVec;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Connects to the first of several addresses that accepts. `S` is a socket of the driver.
pub(super) struct ConnectRace<'a, S> {
    addresses: &'a Addresses,
    preferred: usize,
    decisions: HappyEyeballs,
    began: Instant,
    in_progress: SmallVec<[(usize, S); 1]>,
    is_won: bool,
}

impl<'a, S> ConnectRace<'a, S> {
    /// Begins now; each address has the time `limit`.
    pub(super) fn new(addresses: &'a Addresses, limit: Option<Duration>) -> ConnectRace<'a, S> {
        ConnectRace {
            addresses,
            preferred: addresses.preferred(),
            decisions: HappyEyeballs::new(addresses.len(), limit),
            began: Instant::now(),
            in_progress: SmallVec::new(),
            is_won: false,
        }
    }

    /// Starts and gives up attempts until there is something to wait for. Returns the time at which to call this function
    /// again unless an attempt ends earlier.
    ///
    /// # Errors
    /// When all attempts have failed.
    pub(super) fn advance(
        &mut self,
        start: impl Fn(SocketAddr) -> io::Result<S>,
    ) -> Result<Option<Instant>, Outcome> {
        loop {
            let now = self.began.elapsed();
            match self.decisions.next(now) {
                ConnectAction::Start(number) => match start(self.addresses.get(self.index(number)))
                {
                    Ok(socket) => self.in_progress.push((number, socket)),
                    Err(error) => self.decisions.on_error(number, &error, now),
                },
                ConnectAction::GiveUp(number) => {
                    self.in_progress.retain(|attempt| attempt.0 != number);
                }
                ConnectAction::Wait(end) => {
                    return Ok(end.and_then(|end| self.began.checked_add(end)));
                }
                ConnectAction::Fail(outcome) => return Err(outcome),
            }
        }
    }

    /// The sockets to wait for.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &S> {
        self.in_progress.iter().map(|(_, socket)| socket)
    }

    /// The attempt of the socket at `position` among [`sockets`](ConnectRace::sockets) has ended with this result. Returns the
    /// socket if it is connected, which ends the race.
    pub(super) fn on_end(&mut self, position: usize, result: io::Result<()>) -> Option<S> {
        let (number, socket) = self.in_progress.remove(position);
        match result {
            Ok(()) => {
                self.addresses.prefer(self.index(number));
                self.is_won = true;
                Some(socket)
            }
            Err(error) => {
                self.decisions
                    .on_error(number, &error, self.began.elapsed());
                None
            }
        }
    }

    /// The index of the address of an attempt: the preferred one, then the others in their order.
    fn index(&self, number: usize) -> usize {
        match number {
            0 => self.preferred,
            _ if number <= self.preferred => number - 1,
            _ => number,
        }
    }
}

impl<S> Drop for ConnectRace<'_, S> {
    /// After a race without a winner, the next one begins with another address: a time limit shorter than the delay
    /// between attempts ends each race at the first address.
    fn drop(&mut self) {
        if !self.is_won && self.addresses.len() > 1 {
            let next = (self.preferred + 1) % self.addresses.len();
            self.addresses.prefer(next);
        }
    }
}
