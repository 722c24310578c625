//! System calls that need unsafe code.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use tokio::io::{Interest, unix::AsyncFd};
use tokio::net::TcpStream;

/// Registers a descriptor with this thread's event loop, to wait until the descriptor is readable.
#[cfg(target_os = "linux")]
pub(crate) fn register_readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(
        unsafe_code,
        reason = "tokio requires that the descriptor stays the same"
    )]
    // SAFETY: an `OwnedFd` owns its descriptor, which is neither replaced nor closed while the
    // `AsyncFd` owns it: the `AsyncFd` never hands it out.
    let registered = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE)? };
    Ok(registered)
}

/// Returns freed memory to the operating system, which glibc does by itself only at the end of the heap. May take
/// milliseconds, in which other threads cannot allocate.
pub(crate) fn release_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "no library wraps this call")]
    // SAFETY: malloc_trim(3) is thread-safe and touches no memory that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Number of bytes that the peer has not acknowledged (tcp(7), SIOCOUTQ, which is TIOCOUTQ).
#[cfg(target_os = "linux")]
pub(crate) fn unacknowledged_bytes(stream: &TcpStream) -> io::Result<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "requests are 32 bits wide in the kernel"
    )]
    queued_bytes::<{ libc::TIOCOUTQ as rustix::ioctl::Opcode }>(stream)
}

/// Number of bytes that were not sent yet (`linux/sockios.h`, SIOCOUTQNSD).
#[cfg(target_os = "linux")]
pub(crate) fn unsent_bytes(stream: &TcpStream) -> io::Result<u64> {
    queued_bytes::<0x894B>(stream)
}

/// Asks for a number of bytes by a request that is SIOCOUTQ or SIOCOUTQNSD.
#[cfg(target_os = "linux")]
fn queued_bytes<const REQUEST: rustix::ioctl::Opcode>(stream: &TcpStream) -> io::Result<u64> {
    use rustix::ioctl::{Getter, ioctl};
    #[expect(unsafe_code, reason = "no library wraps this call")]
    // SAFETY: both requests write one int, as `Getter` expects, and do nothing else.
    let bytes = unsafe { ioctl(stream, Getter::<REQUEST, libc::c_int>::new())? };
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Always 0: without SIOCOUTQ the peer is assumed to have everything.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unacknowledged_bytes(_stream: &TcpStream) -> io::Result<u64> {
    Ok(0)
}

/// Always 0: without SIOCOUTQNSD everything is assumed to be sent.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unsent_bytes(_stream: &TcpStream) -> io::Result<u64> {
    Ok(0)
}
