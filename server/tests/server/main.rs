//! The server through real sockets: its responses byte by byte.

#![allow(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod accepting;
mod addresses;
mod changing;
mod codings;
mod delays;
mod distributions;
mod fates;
mod faults;
mod half_close;
mod hosts;
mod identity;
mod journal;
mod lifecycle;
mod limits;
mod limits_of_connections;
mod pages;
mod preconditions;
mod profiles;
mod raw_connection;
mod request_bodies;
mod responses;
mod rules;
mod whole_responses;
