//! `flagpole worker`: what it makes is what the server saw and what the master is given. Real masters: `.ci/locust`.

mod lives;
mod master;
mod refusals;
