//! The two things that only unsafe code can ask of the system.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use tokio::io::{Interest, unix::AsyncFd};
use tokio::net::TcpStream;

/// Lets the event loop of this thread wait until a descriptor is readable.
#[cfg(target_os = "linux")]
pub(crate) fn watch(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(
        unsafe_code,
        reason = "tokio must be promised that the descriptor stays what it is"
    )]
    // SAFETY: an `OwnedFd` owns its descriptor, which is neither replaced nor closed while the
    // `AsyncFd` owns it: it is never handed out.
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE)? };
    Ok(watched)
}

/// How many bytes the peer's system has not acknowledged yet (tcp(7), SIOCOUTQ, which is TIOCOUTQ).
#[cfg(target_os = "linux")]
pub(crate) fn unacknowledged(stream: &TcpStream) -> io::Result<u64> {
    use rustix::ioctl::{Getter, Opcode, ioctl};
    #[expect(
        clippy::cast_possible_truncation,
        reason = "requests are 32 bits wide in the kernel"
    )]
    const OUTQ: Opcode = libc::TIOCOUTQ as Opcode;
    #[expect(unsafe_code, reason = "no library wraps this call")]
    // SAFETY: SIOCOUTQ writes one int, as `Getter` expects, and does nothing else.
    let bytes = unsafe { ioctl(stream, Getter::<OUTQ, libc::c_int>::new())? };
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Where the system can not be asked, it is taken to be quick.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unacknowledged(_stream: &TcpStream) -> io::Result<u64> {
    Ok(0)
}
