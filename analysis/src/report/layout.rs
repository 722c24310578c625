//! What fits a terminal: lines and tables of at most 80 columns.

/// The maximum width of a line, in characters.
pub(crate) const WIDTH: usize = 80;

/// Text that does not fit is cut to this many characters at least.
const MIN_TEXT: usize = 8;

/// Units that stay with their number.
const UNITS: [&str; 7] = ["s", "ms", "µs", "MiB", "KiB/s", "MiB/s", "GiB/s"];

/// A text in lines of at most [`WIDTH`] characters, broken at blanks, but not between a number and its unit; lines after
/// the first are indented further. A word that is wider than a line stays whole.
pub(crate) fn wrap(text: &str) -> String {
    let indent = text.len() - text.trim_start().len();
    let mut lines = vec![" ".repeat(indent)];
    for word in words(text) {
        let line = lines.last_mut().expect("there is a first line");
        let is_empty = line.trim().is_empty();
        let width = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if is_empty {
            line.push_str(&word);
        } else if width <= WIDTH {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(" ".repeat(indent + 2) + &word);
        }
    }
    lines.join("\n")
}

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = UNITS.contains(&word.trim_end_matches([',', ';', ':', ')']));
        match words.last_mut() {
            Some(number) if is_unit && number.ends_with(|last: char| last.is_ascii_digit()) => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A column of a table.
pub(crate) struct TableColumn {
    pub(crate) header: String,
    /// Whether the values are text, which can be cut, and not numbers.
    pub(crate) is_text: bool,
    /// The column with the highest rank is the first to be left out; that of rank 0 always stays.
    pub(crate) rank: u8,
    /// The values, one for each row.
    pub(crate) values: Vec<String>,
}

impl TableColumn {
    fn width(&self) -> usize {
        let texts = self.values.iter().chain([&self.header]);
        texts
            .map(|text| text.chars().count())
            .max()
            .unwrap_or_default()
    }

    fn shorten(&mut self, width: usize) {
        for text in self.values.iter_mut().chain([&mut self.header]) {
            *text = shortened(text, width);
        }
    }
}

/// The columns of a table that fit [`WIDTH`]: leaves out columns by their rank, then cuts the widest texts.
pub(crate) fn fit(mut columns: Vec<TableColumn>) -> Vec<TableColumn> {
    while width(&columns) > WIDTH {
        let last = (0..columns.len()).max_by_key(|&index| columns[index].rank);
        let Some(index) = last.filter(|&index| columns[index].rank > 0) else {
            break;
        };
        columns.remove(index);
    }
    while width(&columns) > WIDTH {
        let texts = columns.iter_mut().filter(|column| column.is_text);
        let widest = texts.max_by_key(|column| column.width());
        let Some(widest) = widest.filter(|column| column.width() > MIN_TEXT) else {
            break;
        };
        widest.shorten(widest.width() - 1);
    }
    columns
}

/// Two blanks separate columns.
pub(crate) fn width(columns: &[TableColumn]) -> usize {
    let separators = 2 * columns.len().saturating_sub(1);
    columns.iter().map(TableColumn::width).sum::<usize>() + separators
}

/// A text of at most this many characters: its start and its end, where names differ.
fn shortened(text: &str, width: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= width {
        return text.to_owned();
    }
    let end = width.saturating_sub(1) / 2;
    let start = width.saturating_sub(1) - end;
    let (start, end) = (&letters[..start], &letters[letters.len() - end..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(header: &str, is_text: bool, rank: u8, value: &str) -> TableColumn {
        TableColumn {
            header: header.to_owned(),
            is_text,
            rank,
            values: vec![value.to_owned()],
        }
    }

    fn headers(columns: &[TableColumn]) -> Vec<&str> {
        columns.iter().map(|column| &column.header[..]).collect()
    }

    #[test]
    fn lines_after_the_first_are_indented() {
        let words = "word ".repeat(20);
        let wrapped = wrap(&format!("  {words}"));
        let lines: Vec<_> = wrapped.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  word") && lines[1].starts_with("    word"));
        assert_eq!(wrap("short"), "short");
    }

    #[test]
    fn number_and_its_unit_stay_together() {
        let wrapped = wrap(&format!("{} 13.9 ms, and more", "x".repeat(74)));
        assert_eq!(wrapped.lines().nth(1), Some("  13.9 ms, and more"));
    }

    #[test]
    fn word_wider_than_a_line_stays_whole() {
        let word = "x".repeat(100);
        assert_eq!(wrap(&format!("a {word} b")), format!("a\n  {word}\n  b"));
    }

    #[test]
    fn least_important_columns_are_left_out_first() {
        let wide = "9".repeat(30);
        let columns = [("name", 0), ("first", 1), ("third", 3), ("second", 2)];
        let columns = columns.map(|(header, rank)| column(header, rank == 0, rank, &wide));
        assert_eq!(headers(&fit(columns.into())), ["name", "first"]);
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(shortened("async+retrying", 9), "asyn…ying");
        assert_eq!(shortened("async", 5), "async");
        let name = "a".repeat(90) + "-one";
        let fitted = fit(vec![
            column("strategy", true, 0, &name),
            column("wall", false, 0, "1.00 s"),
        ]);
        assert!(fitted[0].values[0].contains('…') && fitted[0].values[0].ends_with("a-one"));
        assert_eq!(width(&fitted), WIDTH);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_80_columns(
            text in "( {1,4}[a-zµ]{1,30}){0,40}", widths in prop::collection::vec(1usize..60, 1..9),
        ) {
            prop_assert!(wrap(&text).lines().all(|line| line.chars().count() <= WIDTH));
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrap(&text)), words(&text));
            let columns = widths.iter().zip(0..).map(|(&width, rank)| column("", rank == 0, rank, &"x".repeat(width)));
            prop_assert!(width(&fit(columns.collect())) <= WIDTH);
        }
    }
}
