//! Hints for options of other load generators, which `load` has under another name or not at all.

/// What to use instead of an unknown option.
pub(crate) fn for_option(option: &str) -> Option<&'static str> {
    let hint = match option {
        "-q" | "-R" | "--qps" => "the rate is `--rate 100/s`",
        "-k" | "--keepalive" | "--keep-alive" => {
            "connections are kept open unless `--no-keepalive` is given"
        }
        "-u" | "--vus" => "the number of connections is `-c 50`",
        "--threads" | "--cpus" | "--workers" => "there is one event loop for each core",
        "--disable-keepalive" => "`--no-keepalive` opens a new connection for each request",
        "--insecure" | "--http2" | "--cacert" => "https and HTTP/2 are not supported yet",
        "--json" | "-j" => "the format is `--format json`",
        "-o" | "--output" => "the result is written by `--result FILE`",
        "-s" | "--script" => "several steps are described by `--scenario FILE`",
        "-a" | "--basic-auth" => "a field is sent by `-H 'Authorization: Basic ...'`",
        _ => return None,
    };
    Some(hint)
}
