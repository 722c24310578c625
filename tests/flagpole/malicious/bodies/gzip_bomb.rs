//! A small gzip file of a large body.

/// 60 MB of zeros, 58 KB as gzip.
pub(super) fn bomb() -> Vec<u8> {
    // One deflate block of fixed codes: a literal 0, then copies of 258 bytes from distance 1.
    let mut bits = DeflateBits::default();
    bits.put(0b011, 3);
    bits.put_code(0x30, 8);
    for _ in 0..36_000 {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    bits.put_code(0, 7);
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    [&head[..], &bits.bytes, &[0; 8]].concat()
}

/// Deflate packs bits from the lowest up, and codes from their highest bit (RFC 1951 section
/// 3.1.1).
#[derive(Default)]
struct DeflateBits {
    bytes: Vec<u8>,
    free: u32,
}

impl DeflateBits {
    fn put(&mut self, bits: u32, count: u32) {
        for place in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let bit = u8::from(bits >> place & 1 == 1);
            *self.bytes.last_mut().unwrap() |= bit << (8 - self.free);
            self.free -= 1;
        }
    }

    fn put_code(&mut self, code: u32, length: u32) {
        self.put(code.reverse_bits() >> (32 - length), length);
    }
}
