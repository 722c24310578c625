//! What a response may have at most.

/// What a response may have at most. Change single limits of the default.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseLimits {
    /// The bytes of a head, from the status line to the empty line; 64 KiB by default.
    pub head: usize,
    /// The fields of a head; 128 by default. A greater number counts as 128.
    pub fields: usize,
    /// The interim responses (1xx) before the final response; 10,000 by default, as a server may send them for as long as
    /// it works.
    pub interim: u32,
    /// The bytes of the content; 8 MiB by default.
    pub body: u64,
    /// The bytes of chunk framing in a row without content (sizes with leading zeros, extensions, trailers); 16 KiB by
    /// default.
    pub without_progress: usize,
}

impl Default for ResponseLimits {
    fn default() -> ResponseLimits {
        ResponseLimits {
            head: 64 << 10,
            fields: 128,
            interim: 10_000,
            body: 8 << 20,
            without_progress: 16 << 10,
        }
    }
}
