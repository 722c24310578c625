//! Data of SVG paths, with coordinates to a tenth of a unit, which keeps pages small.

use std::fmt::Write as _;

/// A coordinate in tenths, without zeros at its end.
pub(crate) fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A line through these points.
pub(crate) fn line(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.into_iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        push(&mut path, command, &[x, y]);
    }
    path
}

/// A point for each of these, as a line without length: class `dots` makes a dot of it.
pub(crate) fn dots(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        push(&mut path, 'M', &[x, y]);
        path.push_str("h0");
    }
    path
}

/// The closed area between a lower and an upper line, each from left to right.
pub(crate) fn area(lower: &[(f64, f64)], upper: &[(f64, f64)]) -> String {
    match (lower, upper) {
        ([], _) | (_, []) => String::new(),
        _ => line(lower.iter().chain(upper.iter().rev()).copied()) + "z",
    }
}

/// A rectangle, at least half a unit wide so that it can be seen.
pub(crate) fn rectangle(x: f64, y: f64, width: f64, height: f64) -> String {
    let width = width.max(0.5);
    let mut path = String::new();
    push(&mut path, 'M', &[x, y]);
    push(&mut path, 'h', &[width]);
    push(&mut path, 'v', &[height]);
    push(&mut path, 'h', &[-width]);
    path + "z"
}

/// A dot of this radius.
pub(crate) fn dot(x: f64, y: f64, radius: f64) -> String {
    let mut path = String::new();
    push(&mut path, 'M', &[x - radius, y]);
    let diameter = 2.0 * radius;
    for sign in [1.0, -1.0] {
        push(
            &mut path,
            'a',
            &[radius, radius, 0.0, 1.0, 0.0, sign * diameter, 0.0],
        );
    }
    path
}

fn push(path: &mut String, command: char, numbers: &[f64]) {
    path.push(command);
    for (index, number) in numbers.iter().enumerate() {
        let number = coordinate(*number);
        let separator = if index == 0 || number.starts_with('-') {
            ""
        } else {
            " "
        };
        let _ = write!(path, "{separator}{number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short() {
        assert_eq!(line([(1.0, 2.04), (3.25, -0.01)]), "M1 2L3.2 0");
        assert_eq!(rectangle(1.0, 2.0, 10.0, 4.0), "M1 2h10v4h-10z");
        assert_eq!(
            area(&[(0.0, 9.0), (5.0, 8.0)], &[(0.0, 1.0), (5.0, 2.0)]),
            "M0 9L5 8L5 2L0 1z"
        );
        assert_eq!(area(&[], &[(0.0, 0.0)]), "");
    }
}
