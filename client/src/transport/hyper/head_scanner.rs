//! Whether bytes belong to an interim response, which hyper reports only when its head is complete.

/// The bytes of a status line before the status: `HTTP/1.1 `.
const BEFORE_STATUS: usize = 9;

/// Follows the heads of a response, until that of the final response is complete.
#[derive(Debug)]
pub(super) struct HeadScanner {
    /// The bytes of the current head so far.
    length: usize,
    /// Whether nothing but a CR has arrived of the current line.
    is_line_empty: bool,
    /// Whether the status of the current head begins with 1.
    is_interim: bool,
}

impl HeadScanner {
    pub(super) fn new() -> HeadScanner {
        HeadScanner {
            length: 0,
            is_line_empty: true,
            is_interim: false,
        }
    }

    /// Takes the next bytes. After the status of a final response, nothing needs to be looked at: a body may be long.
    pub(super) fn scan(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.length > BEFORE_STATUS && !self.is_interim {
                return;
            }
            if *byte == b'\n' && self.is_line_empty {
                *self = HeadScanner::new();
                continue;
            }
            self.is_interim |= self.length == BEFORE_STATUS && *byte == b'1';
            self.is_line_empty = *byte == b'\n' || *byte == b'\r' && self.is_line_empty;
            self.length += 1;
        }
    }

    /// Whether the last bytes may be the beginning of a final response.
    pub(super) fn may_be_final(&self) -> bool {
        self.length > 0 && !self.is_interim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interim_responses_differ_from_final_ones_by_their_status() {
        let may_be_final = |pieces: &[&str]| {
            let mut scanner = HeadScanner::new();
            for piece in pieces {
                scanner.scan(piece.as_bytes());
            }
            scanner.may_be_final()
        };
        let interim = "HTTP/1.1 102 Processing\r\nA: 1\r\n\r\n";
        assert!(may_be_final(&["HTTP/1.1"]) && may_be_final(&["HTTP/1.1 ", "200"]));
        assert!(may_be_final(&[interim, "H"]) && may_be_final(&[interim, interim, "HTTP/1.1 2"]));
        assert!(
            !may_be_final(&[""]) && !may_be_final(&["HTTP/1.1 1"]) && !may_be_final(&[interim])
        );
        assert!(
            !may_be_final(&["HTTP/1.1 103 x\r", "\nLink: y"])
                && !may_be_final(&[interim, "HTTP/1.1 102"])
        );
        assert!(!may_be_final(&["HTTP/1.1 100\n\n"]));
    }
}
