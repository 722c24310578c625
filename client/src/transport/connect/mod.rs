//! Opens connections by Happy Eyeballs (RFC 8305): if one address does not answer, another one is tried soon, and the
//! address that worked is tried first from then on. A Unix socket has one address.

mod addresses;
mod blocking;
mod happy_eyeballs;
mod nonblocking;
mod race;
mod server_address;
mod socket;
#[cfg(test)]
mod tests;
mod unix_socket;

pub(crate) use blocking::connect_blocking;
pub(crate) use nonblocking::connect_async;
pub(crate) use server_address::ServerAddress;
