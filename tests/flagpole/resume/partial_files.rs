//! Partial bodies, continued by a later run or a retry.

use super::{COMBOS, assert_accounted, assert_saved, attempts, brazil_flag, failing, get, saved};
use crate::combos::original_body;
use crate::harness::Sandbox;
use flagpole_protocol::Resource;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn next_run_resumes_a_partial_body() {
    for (combo, fault) in COMBOS
        .into_iter()
        .flat_map(|combo| [(combo, "cut:50%"), (combo, "reset:700")])
    {
        let (sandbox, server) = (Sandbox::new(), failing(&[fault]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        let first = get(&sandbox, &server, &line);
        assert_eq!(
            (first.code, sandbox.saved()),
            (Some(1), vec!["br.gif.part".to_owned()]),
            "{first}"
        );
        let (_, received) = attempts(&sandbox)[0];
        let length = brazil_flag().len() as u64;
        assert_eq!(
            received,
            if fault == "reset:700" {
                700
            } else {
                length / 2
            },
            "{combo}"
        );
        let second = get(&sandbox, &server, &line);
        second.assert_stdout_starts_with("1 flag downloaded\nelapsed");
        assert_eq!(attempts(&sandbox), [(206, length - received)], "{combo}");
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn partial_files_are_neither_kept_nor_used_without_resume() {
    let (sandbox, server) = (
        Sandbox::new(),
        failing(&["cut:50%", "reset:700", "cut:50%"]),
    );
    get(&sandbox, &server, "BR --retries 1 --backoff 1ms..1ms");
    assert_eq!(sandbox.saved(), [""; 0]);
    get(&sandbox, &server, "BR --resume");
    assert_eq!(sandbox.saved(), ["br.gif.part"]);
    get(&sandbox, &server, "BR");
    assert_eq!(server.ledger().by_status, BTreeMap::from([(200, 4)]));
}

#[test]
fn retry_resumes_the_partial_body_of_the_previous_try() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "reset:700"]));
        let line = format!("BR --resume --retries 2 --backoff 1ms..1ms --records r.jsonl {combo}");
        let output = get(&sandbox, &server, &line);
        output.assert_code(0);
        let length = brazil_flag().len() as u64;
        let rest = length - length / 2 - 700;
        assert_eq!(
            attempts(&sandbox),
            [(200, length / 2), (206, 700), (206, rest)],
            "{combo}"
        );
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn resumed_bytes_are_not_wasted() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "503", "reset:700"]));
        let line = format!("BR US --resume --backoff 1ms..1ms --format json {combo}");
        let output = get(&sandbox, &server, &format!("{line} --retries 3"));
        assert_eq!(
            assert_accounted(&sandbox, &output),
            2 * 24,
            "the bodies of the 503"
        );
        assert_saved(&sandbox, "BR US");
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt", "cut:50%"]));
        let partial = get(&sandbox, &server, &format!("{line} --retries 2"));
        let length = brazil_flag().len() as u64
            + original_body(Resource::Flag("US".parse().unwrap())).len() as u64;
        assert_eq!(assert_accounted(&sandbox, &partial), length, "both parts");
        assert_eq!(sandbox.saved(), ["br.gif.part", "us.gif.part"]);
    }
}

#[test]
fn partial_flag_is_resumed_with_metadata() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --metadata --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        assert_eq!(sandbox.saved(), ["br.gif.part"]);
        // The rule cuts the first metadata response too, so that the flag stays partial.
        get(&sandbox, &server, &line);
        assert_eq!(sandbox.saved(), ["br.gif.part"]);
        let output = get(&sandbox, &server, &line);
        assert_eq!(
            (output.code, sandbox.saved()),
            (Some(0), vec!["Brazil--BR.gif".to_owned()]),
            "{output}"
        );
        assert_eq!(attempts(&sandbox)[0].0, 206);
        assert_eq!(
            fs::read(saved(&sandbox, "Brazil--BR.gif")).unwrap(),
            brazil_flag()
        );
        let again = get(&sandbox, &server, &line);
        again.assert_stdout_starts_with("0 flags downloaded\n1 already downloaded\n");
    }
}

#[test]
fn partial_body_of_another_version_is_discarded() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        let part = fs::read(saved(&sandbox, "br.gif.part")).unwrap();
        let end = part.iter().position(|&byte| byte == b'\n').unwrap();
        let mut head: Value = serde_json::from_slice(&part[..end]).unwrap();
        head["etag"] = Value::from("\"another\"");
        let part = [head.to_string().as_bytes(), &part[end..]].concat();
        fs::write(saved(&sandbox, "br.gif.part"), part).unwrap();
        get(&sandbox, &server, &line);
        assert_eq!(
            attempts(&sandbox),
            [(200, brazil_flag().len() as u64)],
            "{combo}"
        );
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn corrupt_continuation_discards_the_partial_body() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt"]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        let output = get(&sandbox, &server, &line);
        output.assert_stdout_contains("1 x corrupt body\n");
        assert_eq!(
            (attempts(&sandbox)[0].0, sandbox.saved()),
            (206, vec![]),
            "{combo}"
        );
        get(&sandbox, &server, &line);
        assert_eq!(attempts(&sandbox)[0].0, 200);
        assert_saved(&sandbox, "BR");
    }
}
