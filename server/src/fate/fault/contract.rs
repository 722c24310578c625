//! Properties of every member.

use super::test_support::{error, fate_with};
use super::{FAMILY, FaultSpec};
use flagpole_protocol::Fate;
use proptest::prelude::*;

#[test]
fn every_example_prints_back_to_itself() {
    for member in FAMILY {
        let text = format!("{}@12.5%", member.example);
        let spec: FaultSpec = text.parse().unwrap();
        assert_eq!(spec.to_string(), text);
    }
}

#[test]
fn every_fault_changes_the_fate_and_sets_its_label() {
    for member in FAMILY {
        let mut fate = fate_with(member.example);
        assert_eq!(fate.fault.take().as_deref(), Some(member.example));
        assert_ne!(fate, Fate::default(), "{}", member.name);
    }
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    assert_eq!(
        error("teapod@5%"),
        "unknown fault `teapod`; known: status, reset, cut, empty, hang, stall, trickle, dribble, \
         slow-head, corrupt, garbage, redirect, chunked, until-close, content-length, interim, stale, \
         early-response, slow-upload"
    );
}

#[test]
fn the_fault_that_was_probably_meant_is_suggested() {
    for (text, unknown) in [
        (
            "hang,for=4s",
            "fault `hang,for=4s`; did you mean `hang:for=4s`?",
        ),
        ("cut=700@5%", "fault `cut=700`; did you mean `cut:700`?"),
        ("hagn@5%", "fault `hagn`; did you mean `hang`?"),
    ] {
        assert_eq!(error(text), format!("unknown {unknown}"));
    }
    for (text, sentence) in [
        (
            "hang:fro=4s",
            "hang: unknown parameter `fro`; did you mean `for`?",
        ),
        (
            "503,rety-after=2s",
            "status: unknown parameter `rety-after`; did you mean `retry-after`?",
        ),
    ] {
        assert_eq!(error(text), sentence);
    }
}

#[test]
fn the_documentation_has_a_row_for_each_member() {
    let page = include_str!("../../../../docs/faults.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let faults: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    for member in FAMILY {
        let fault = if member.name == "status" {
            member.example
        } else {
            member.name
        };
        let has_row = faults.iter().any(|row| row.starts_with(fault));
        assert!(has_row, "{}", member.name);
    }
}

/// A specification with a quoted string, an escape or a parameter that takes any text.
const STATUS: &str = "[2-5][0-9]{2}(,(body|reason|type|header|retry-after|body-file)=(\"([^\"\\\\]|\\\\[\"\\\\nrt]){0,6}\"|(X:|a/b|date:[+-])?[0-9a-z\",@;:é]{0,6}s?)){0,3}(@5%)?";

proptest! {
    #[test]
    fn a_printed_status_fault_parses_to_itself(text in STATUS) {
        if let Ok(spec) = text.parse::<FaultSpec>() {
            let printed = spec.to_string();
            let again: FaultSpec = printed.parse().unwrap();
            prop_assert_eq!(again.to_string(), printed);
            let fates = [spec, again].map(|spec| {
                let mut fate = Fate::default();
                spec.fault.apply(0, &mut fate);
                fate
            });
            prop_assert_eq!(&fates[0], &fates[1]);
        }
    }

    #[test]
    fn parsing_never_panics_and_a_printed_fault_parses_to_itself(text in "(status|reset|cut|empty|hang|stall|trickle|dribble|slow-head|corrupt|garbage|redirect|chunked|until-close|content-length|interim|stale|early-response|slow-upload|[0-9]{1,4})?:?(trailer=|header=|for=|count=)?[0-9a-z%,=:.@+\"-]{0,12}") {
        if let Ok(spec) = text.parse::<FaultSpec>() {
            let printed = spec.to_string();
            prop_assert_eq!(printed.parse::<FaultSpec>().unwrap().to_string(), printed);
        }
    }
}
