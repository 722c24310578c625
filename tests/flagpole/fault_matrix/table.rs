//! Every fault, with what it does to an attempt.

use super::case::{
    ALL_BYTES, ExpectedBytes, FaultCase, NO_BYTES, SHORT_FIRST_BYTE, SHORT_TOTAL, broken_body,
    case, no_response, ok, status,
};
use flagpole_client::policy::Timeouts;
use flagpole_protocol::OutcomeClass;
use flagpole_protocol::ResponseEnd::{Completed, PeerLeft};

/// Every fault in each form that has its own outcome.
pub(super) const TABLE: &[FaultCase] = &[
    case(
        "404",
        "not_found",
        OutcomeClass::NotFound,
        Some(404),
        ExpectedBytes::Exactly(14),
    ),
    status("500", "http_500", 500, 26),
    status("503,retry-after=2s", "http_503", 503, 24),
    status("429,retry-after=1h", "http_429", 429, 22),
    status("418,reason=Short,body=stout", "http_418", 418, 5),
    // A success by its status; only the body is wrong.
    status("200", "corrupt", 200, 7),
    status("200,body=GIF89a", "corrupt", 200, 6),
    status("204", "http_204", 204, 0),
    status("205", "http_205", 205, 0),
    status("206", "http_206", 206, 20),
    status("304", "http_304", 304, 0),
    status("302", "http_302", 302, 10).max_redirects(0),
    // Another origin is not followed.
    status("302,header=Location://192.0.2.1/", "http_302", 302, 10),
    status("300", "http_300", 300, 21),
    status("401", "http_401", 401, 17),
    status("407", "http_407", 407, 34),
    status("408", "http_408", 408, 20),
    status("410", "http_410", 410, 9),
    status("416", "http_416", 416, 26),
    status("599", "http_599", 599, 4),
    status("999", "http_999", 999, 4),
    no_response("reset", "connection_reset"),
    broken_body("reset:0", "connection_reset", NO_BYTES),
    broken_body("reset:700", "connection_reset", ExpectedBytes::Exactly(700)),
    broken_body("reset:50%", "connection_reset", ExpectedBytes::Percent(50)),
    ok("reset:100%").without_reuse(),
    broken_body("cut:0", "incomplete_body", NO_BYTES),
    broken_body("cut:700", "incomplete_body", ExpectedBytes::Exactly(700)),
    broken_body("cut:50%", "incomplete_body", ExpectedBytes::Percent(50)),
    ok("cut:100%").without_reuse(),
    no_response("empty", "empty_reply"),
    no_response("hang", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    no_response("hang:for=1h", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    no_response("hang", "timeout").within(Timeouts {
        first_byte: None,
        ..SHORT_TOTAL
    }),
    broken_body("hang:0", "timeout", NO_BYTES).within(SHORT_TOTAL),
    broken_body("hang:700", "timeout", ExpectedBytes::Exactly(700)).within(SHORT_TOTAL),
    broken_body("hang:50%", "timeout", ExpectedBytes::Percent(50)).within(SHORT_TOTAL),
    ok("hang:100%").without_reuse(),
    ok("hang:for=20ms"),
    ok("hang:700,for=20ms"),
    ok("stall:for=20ms"),
    ok("stall:700,for=20ms"),
    broken_body("stall:700,for=1h", "timeout", ExpectedBytes::Exactly(700)).within(SHORT_TOTAL),
    ok("trickle:10000000"),
    broken_body("trickle:100", "timeout", ExpectedBytes::Part).within(SHORT_TOTAL),
    ok("dribble:5,20ms"),
    broken_body("dribble:5,1h", "timeout", ExpectedBytes::Part).within(SHORT_TOTAL),
    ok("slow-head:20ms"),
    no_response("slow-head:10s", "timeout").within(SHORT_TOTAL),
    no_response("slow-head:3h", "timeout_first_byte").within(SHORT_FIRST_BYTE),
    broken_body("corrupt", "corrupt", ALL_BYTES).ends(&[Completed]),
    broken_body("corrupt:3", "corrupt", ALL_BYTES).ends(&[Completed]),
    broken_body("corrupt:1000", "corrupt", ALL_BYTES).ends(&[Completed]),
    no_response("garbage", "protocol_error").ends(&[Completed]),
    status("redirect", "too_many_redirects", 302, 10).after_redirects(5),
    status("redirect", "http_302", 302, 10).max_redirects(0),
    ok("redirect:3").after_redirects(3),
    ok("redirect:5").after_redirects(5),
    status("redirect:6", "too_many_redirects", 302, 10).after_redirects(5),
    ok("redirect:1").after_redirects(1).max_redirects(1),
    ok("chunked"),
    ok("chunked:10,trailer=X-Checksum:1"),
    broken_body("chunked:truncated", "incomplete_body", ExpectedBytes::Part),
    broken_body("chunked:unterminated", "incomplete_body", ALL_BYTES),
    broken_body("chunked:endless", "too_large", ExpectedBytes::More)
        .body_limit(100_000)
        .ends(&[PeerLeft]),
    broken_body(
        "chunked:100,malformed",
        "protocol_error",
        ExpectedBytes::Exactly(100),
    ),
    ok("until-close").without_reuse(),
    broken_body("until-close:700", "corrupt", ExpectedBytes::Exactly(700)),
    broken_body("content-length:+10", "incomplete_body", ALL_BYTES),
    broken_body("content-length:-10", "corrupt", ExpectedBytes::Part)
        .ends(&[Completed])
        .without_reuse(),
    // The client gives up at the head, at about when the server has sent all.
    no_response("content-length:double", "protocol_error").ends(&[Completed, PeerLeft]),
    ok("interim:103"),
    ok("interim:100,count=1000"),
    ok("stale").without_reuse(),
    ok("stale:next").without_reuse(),
    ok("early-response"),
    ok("slow-upload:1000"),
];
