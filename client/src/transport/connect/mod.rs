//! Opens connections by Happy Eyeballs (RFC 8305): if one address does not answer, another one is tried soon, and the
//! address that worked is tried first from then on.

mod addresses;
mod blocking;
mod happy_eyeballs;
mod nonblocking;
mod race;
mod socket;
#[cfg(test)]
mod tests;

pub(crate) use addresses::Addresses;
pub(crate) use blocking::connect_blocking;
pub(crate) use nonblocking::connect_async;
