//! Invalid input is refused with one line and exit code 2, before anything else happens. The snapshots in `snapshots/`
//! have the lines, as a user sees them.

use crate::harness::{Sandbox, snapshot};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::{fs, path::Path};

const FILES: [(&str, &[u8]); 22] = [
    ("file", b"old"),
    ("empty.json", b"\n"),
    ("other.json", b"[1, 2]"),
    ("schema.json", b"{\"schema\": 4}"),
    ("old.json", b"{\"schema\": 2, \"cells\": []}"),
    ("latin.toml", b"about = '\xe9'\n[[listener]]\n"),
    ("latin", b"about = '\xe9'\n[[listener]]\n"),
    ("key.toml", b"[[listener]]\nlatncy = '5ms'\n"),
    ("per_user.toml", b"rate_per_user = '5/s'\n"),
    (
        "sum.toml",
        b"[[listener]]\nfaults = ['404@60%', '500@60%']\n",
    ),
    (
        "glob.toml",
        b"seed = 7\n[[listener]]\n[[listener.rule]]\n  path = '/flags/['\n",
    ),
    ("quick.toml", b"flags = 3\nrounds = 10\n[server]\n"),
    ("experiment.toml", b"flags = 3\n[server]\nlatncy = '5ms'\n"),
    (
        "queue.toml",
        b"[grid]\ntransports = ['hyper']\n[server]\nqueue = 3\n",
    ),
    ("ureq.toml", b"[grid]\ntransports = ['hyper', 'ureq']\n"),
    ("three.toml", b"profile = 'book'\n"),
    ("empty.toml", b"# nothing\n"),
    ("relative.txt", b"/a\n# /b\r\n\r\nimg/1.png\r\n"),
    ("other.txt", b"http://127.0.0.1:2/a\n"),
    ("latin.txt", b"/a\n/\xe9\n"),
    ("comments.txt", b"# nothing\n"),
    (
        "urls.toml",
        b"url = 'http://127.0.0.1:1'\nurls = [\n  '/a',\n  '/b c',\n]\n",
    ),
];

/// The sizes of all files in a folder.
fn sizes(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let size = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, entry.metadata().unwrap().len())
    };
    entries.map(size).collect()
}

/// What each command line prints, one below the other.
pub(crate) fn refusals(lines: &[&str]) -> String {
    let sandbox = Sandbox::new();
    for (name, text) in FILES {
        fs::write(sandbox.path(name), text).unwrap();
    }
    fs::write(sandbox.path("large.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    fs::create_dir(sandbox.path("empty")).unwrap();
    let before = sizes(&sandbox.path("."));
    let mut text = String::new();
    for line in lines {
        let output = sandbox.run(line);
        assert_eq!(
            (output.code, &*output.stdout),
            (Some(2), ""),
            "{line}: {output}"
        );
        let error = output.stderr.strip_prefix("flagpole: ").unwrap();
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        write!(text, "$ flagpole {line}\n{error}").unwrap();
    }
    assert_eq!(sizes(&sandbox.path(".")), before, "a file was written");
    text
}

#[test]
fn command_line() {
    snapshot!(refusals(&[
        "frob",
        "srve",
        "get --frobnicate",
        "serve --falt 404",
        "get BR --dest",
        "completions tcsh",
        "man frob",
        "get -a -e",
        "get -a BR",
        "get --server LOCAL --url http://127.0.0.1:1",
        "compare --url http://127.0.0.1:1 --latency 5ms",
        "compare article --print-experiment --save new.toml",
        "serve --schema --print-profile",
    ]));
}

#[test]
fn get() {
    let lines = [
        "get B1",
        "get BRA",
        "get é",
        "get --strategy thread",
        "get --strategy sequential -m 5",
        "get --concurrency=0",
        "get --concurrency=1001",
        "get --concurrency=-1",
        "get -c many",
        "get -m 0",
        "get --max-req 0",
        "get --max_req 0",
        "get -l 0",
        "get --timeout 0",
        "get --timeout 25h",
        "get --retries -1",
        "get --max-redirects 101",
        "get --transport ureq",
        "get --strategy threads --transport hyper",
        "get --proxy https://user:secret@proxy:3128",
        "get --proxy socks5://127.0.0.1:1080",
        "get --proxy http://user:secret@proxy/path",
        "get --proxy http://nowhere.invalid:1",
        "get --proxy http://127.0.0.1:1 --proxy-from-env",
        "get --max-body 0",
        "get --retry-status 404 --retries 1",
        "get --backoff 1s..2s",
        "get --hedge p95 -m 1",
        "get --hedge p95 --strategy sequential",
        "get --hedge-share 5%",
        "get --server foo",
        "get --url nowhere",
        "get --url https://x",
        "get --url http://x/?q",
        "get --url http://nowhere.invalid",
        "get --format xml",
        "get --dest file",
        "get --dest file/in-it",
        "get --dest file --records new",
        "get --records missing/x",
        "get --records .",
        "get --records file/x",
        "get --records -",
    ];
    // The resolver of the system says why a name has no address.
    snapshot!(refusals(&lines), ("(`nowhere.invalid`).*", "$1..."));
}

#[test]
fn latencies_and_faults() {
    let lines = [
        "--latency=soon",
        "--latency=-5ms",
        "--latency=25h",
        "--latency=snail:1ms",
        "--latency=unifrom:1s..5s",
        "--latency=uniform:5ms",
        "--latency=uniform:5s..1s",
        "--fault=teapod",
        "--fault=hang,for=4s",
        "--fault=404@101%",
        "--fault=404@-5%",
        "--fault=404@5",
        "--fault=404@60% --fault=500@60%",
    ];
    let [serve, compare] = ["serve --port 0", "compare"].map(|command| {
        let lines = lines.map(|line| format!("{command} {line}"));
        refusals(&lines.each_ref().map(String::as_str)).replace(command, "COMMAND")
    });
    assert_eq!(serve, compare);
    snapshot!(serve);
}

#[test]
fn profiles() {
    snapshot!(refusals(&[
        "serve --port 0 --profile key.toml",
        "serve --print-profile --profile key.toml",
        "fate --profile key.toml",
        "fate --profile sum.toml",
        "fate --profile glob.toml",
        "fate --profile latin.toml",
        "fate --profile latin",
        "fate --profile large.toml",
        "fate --profile /dev/zero",
        "fate --profile empty",
        "fate --profile missing",
        "fate --profile ./missing",
        "fate --profile missing.toml",
        "fate --profile flaki",
        "fate --profile flaky --queue 8",
        "fate --profile clean --listener WEST",
        "fate -n 0",
        "serve --port 0 --profile book --listener WEST",
        "serve --port 0 --queue 8",
        "serve --print-profile --queue 8",
        "serve --port 0 --journal missing/journal",
        "serve --port 0 --journal-field user-agent",
        "serve --port 0 --journal journal --journal-field a:b",
        "serve --port 0 --site missing",
        "serve --port 0 --site empty",
    ]));
}

#[test]
fn compare() {
    let counts: Vec<_> = (1..=1000).map(|count| count.to_string()).collect();
    let many = format!("compare --rounds 99 --concurrency {}", counts.join(","));
    let text = refusals(&[
        "compare --strategy fast",
        "compare --strategy async,async",
        "compare --latency 5ms,50ms,5000us",
        "compare --concurrency 5,6,5",
        "compare --concurrency=0",
        "compare --rounds 0",
        "compare --flags 250",
        "compare --times 100000000000",
        &many,
        "compare --url https://x",
        "compare --urls relative.txt",
        "compare --url http://127.0.0.1:1 --urls missing.txt",
        "compare --url http://127.0.0.1:1 --urls relative.txt",
        "compare --url http://127.0.0.1:1 --urls other.txt",
        "compare --url http://127.0.0.1:1 --urls latin.txt",
        "compare --url http://127.0.0.1:1 --urls comments.txt",
        "compare --url http://127.0.0.1:1 --urls relative.txt --flags 3",
        "compare urls.toml",
        "compare --format xml",
        "compare --fail-if asinc.errors>0",
        "compare --fail-if async.p98>80ms",
        "compare --fail-if async.respons.p99>80ms",
        "compare --fail-if async.speed>2",
        "compare --fail-if async.errors.low>2",
        "compare --fail-if async/async.wall>2",
        "compare --fail-if threads/async.wall.low>2 --rounds 4",
        "compare --fail-if async/baseline.wall>2",
        "compare --fail-if async.p99>80ms --rounds 10",
        "compare --fail-if async.p99>80ms --latency 1ms..2ms",
        "compare --fail-if async.efficiency<0.5 --latency 0",
        "compare quick.toml --reference asinc",
        "compare experiment.toml",
        "compare queue.toml",
        "compare queue.toml --fault 404",
        "compare ureq.toml",
        "compare three.toml",
        "compare quick.toml --concurrency 5,5",
        "compare article --fault WEST=404",
        "compare errors --backoff 1ms..2ms",
        "compare quick.toml --print-experiment --hedge-share 5%",
        "compare artcle",
        "compare missing.toml",
        "compare empty.toml",
        "compare quick.toml --baseline queue.toml",
        "compare quick.toml --baseline empty",
        "compare quick.toml --baseline missing.json",
        "compare quick.toml --baseline empty.json",
        "compare quick.toml --baseline other.json",
        "compare quick.toml --baseline schema.json",
        "compare quick.toml --baseline old.json",
        "compare quick.toml --strict --rounds 4",
        "compare quick.toml --strategy sequential -c 2,3",
        "compare quick.toml --strategy sequential --hedge 5ms",
        "compare quick.toml --result new --save ./new",
        "compare quick.toml --result missing/r.json",
        "compare quick.toml --save missing/r.toml",
        "compare quick.toml --result r.json --save missing/again.toml",
    ]);
    snapshot!(text.replace(&counts.join(","), "1,2,...,1000"));
}

#[test]
fn port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = refusals(&[&format!("serve --port {port}")]);
    snapshot!(text.replace(&port.to_string(), "PORT"));
}
