//! The processes of a program: itself and all that it has started, also those that left its process group or whose parents
//! have exited.
//!
//! On Linux the trial process is a subreaper: processes whose parent exits become its children, so that it finds all of them,
//! and the system adds what they used to what its children used. Elsewhere only the process group of the program is known.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use linux::ProcessTree;
#[cfg(not(target_os = "linux"))]
pub(super) use other::ProcessGroup as ProcessTree;
