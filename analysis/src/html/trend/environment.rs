//! In what the environments of two runs differ.

use crate::comparison::Environment;
use crate::human::plural;

/// What of the machine, the program and its build differs from the run before, with both values; empty if nothing does. Load
/// and time always differ.
pub(super) fn changes(before: &Environment, now: &Environment) -> Vec<String> {
    let pairs = properties(before).into_iter().zip(properties(now));
    let changed = pairs.filter(|(before, now)| before != now);
    changed
        .map(|(before, now)| match (before.as_str(), now.as_str()) {
            ("", now) => format!("{now}, unknown before"),
            (before, "") => format!("unknown, before {before}"),
            (before, now) => format!("{now}, before {before}"),
        })
        .collect()
}

fn properties(environment: &Environment) -> [String; 6] {
    let build = if environment.optimised {
        "release build"
    } else {
        "debug build"
    };
    let server = environment.server.as_ref();
    [
        environment.processor.clone(),
        plural(environment.cores as u64, "core"),
        environment.system.clone(),
        format!("flagpole {}", environment.flagpole),
        server.map_or_else(String::new, |server| {
            format!("server {} {}", server.name, server.version)
        }),
        build.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_and_build_are_named_with_both_values() {
        let before = Environment {
            processor: "A".to_owned(),
            cores: 2,
            ..Environment::default()
        };
        let now = Environment {
            cores: 8,
            optimised: true,
            load: Some(3.0),
            started_unix_s: 9,
            ..before.clone()
        };
        assert_eq!(changes(&before, &before), [""; 0]);
        assert_eq!(
            changes(&before, &now),
            [
                "8 cores, before 2 cores",
                "release build, before debug build"
            ]
        );
    }
}
