//! The verdict on a load run: whether its figures answer what was asked. A file for each reason to doubt them.

mod all_failed;
mod ended_early;
mod judge;
