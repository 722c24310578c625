//! `flagpole compare` against servers that treat runs differently.

use crate::compare::{column, json, strategies};
use crate::harness::flagpole;
use crate::run_dependent_server::{RunResponse, SMALL_GIF, start_run_dependent_server};
use serde_json::Value;
use std::time::Duration;

/// The message of the reason with this label.
fn reason<'a>(document: &'a Value, label: &str) -> &'a str {
    let reasons = &document["cells"][0]["verdict"]["reasons"];
    let mut reasons = reasons.as_array().unwrap().iter();
    let reason = reasons.find(|reason| reason["label"] == label);
    let reason = reason.unwrap_or_else(|| panic!("no reason `{label}`"));
    reason["message"].as_str().unwrap()
}

/// The numbers of the four rounds: others may have been repeated because the machine stalled.
fn rounds(document: &Value) -> [u64; 4] {
    let rounds = strategies(document)[0]["rounds"].as_array().unwrap();
    let numbers = rounds.iter().map(|round| round["round"].as_u64().unwrap());
    numbers.collect::<Vec<_>>().try_into().unwrap()
}

/// Both strategies meet both delays equally often, as the server reports, but never in the same round.
#[test]
fn longer_delay_in_every_other_run_is_an_invalid_measurement() {
    let url = start_run_dependent_server(|run| RunResponse {
        delay: Some(Duration::from_millis(if run % 2 == 1 { 5 } else { 6 })),
        body: SMALL_GIF.to_vec(),
    });
    let line = "compare --flags 4 -m 2 --strategy threads,async --rounds 4 --format json --url";
    let output = flagpole(&format!("{line} {url}"));
    output.assert_code(3);
    let document = json(&output);
    let [first, second, third, fourth] = rounds(&document);
    let message = format!(
        "the fates of threads and async differ in rounds {first}, {second}, {third} and {fourth} (round {first}: digests "
    );
    assert!(
        reason(&document, "fates_differ").starts_with(&message),
        "{output}"
    );
    let rounds = strategies(&document)[0]["rounds"].as_array().unwrap();
    assert!(
        rounds.iter().all(|round| round["fates_digest"].is_string()),
        "{output}"
    );
}

/// The same delay, so that the fates are equal.
#[test]
fn larger_bodies_in_every_other_run_are_an_invalid_measurement() {
    let url = start_run_dependent_server(|run| RunResponse {
        delay: Some(Duration::from_millis(1)),
        body: if run % 2 == 1 {
            SMALL_GIF.to_vec()
        } else {
            gif_of_2_mb()
        },
    });
    let line = "compare --flags 3 -m 2 --strategy threads,async --rounds 2 --format json --url";
    let output = flagpole(&format!("{line} {url}"));
    output.assert_code(3);
    let document = json(&output);
    let message = reason(&document, "bodies_differ");
    let start = "the bodies of threads and async differ in rounds ";
    let lengths = format!(
        "; the server sent {} to {} bytes to a run",
        3 * SMALL_GIF.len(),
        3 * gif_of_2_mb().len()
    );
    assert!(
        message.starts_with(start) && message.ends_with(&lengths),
        "{message}"
    );
    assert!(
        column(&document, "fates_digest")
            .iter()
            .all(|digest| digest.is_string()),
        "{output}"
    );
}

/// One pixel, and a comment of blocks of 255 bytes.
fn gif_of_2_mb() -> Vec<u8> {
    const SCREEN: usize = 13;
    let (screen, image) = SMALL_GIF.split_at(SCREEN);
    let block = [&[255][..], &[b' '; 255]].concat();
    [
        screen,
        b"!\xfe",
        &block.repeat(2_000_000 / block.len()),
        b"\0",
        image,
    ]
    .concat()
}

#[test]
fn delays_that_the_server_does_not_report_are_not_checked() {
    let url = start_run_dependent_server(|_| RunResponse {
        delay: None,
        body: SMALL_GIF.to_vec(),
    });
    let line = "compare --flags 3 --strategy threads,async --rounds 1 --format json --url";
    let document = json(&flagpole(&format!("{line} {url}")));
    assert_eq!(column(&document, "fates_digest"), [&Value::Null; 2]);
    assert!(
        column(&document, "bodies_digest")
            .iter()
            .all(|digest| digest.is_string())
    );
    let unchecked = &document["cells"][0]["verdict"]["unchecked"];
    let sentence = "lateness of the server, and whether all strategies met the same delays: it reports no delays";
    assert!(
        unchecked.as_array().unwrap().contains(&sentence.into()),
        "{unchecked}"
    );
}
