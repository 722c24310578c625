//! Whole lives of a worker with a master in this process: real sockets, a fake load.

mod fake_load;
mod fake_master;
mod lives;
mod lost_master;
mod strange_peers;
mod worker;
