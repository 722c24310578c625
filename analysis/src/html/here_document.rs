//! Files within commands for a shell.

/// A shell command that writes a text into a file. The text needs no escapes: nothing is special in a here-document whose
/// delimiter is quoted but a line that equals the delimiter.
pub(super) fn here_document(file: &str, text: &str) -> String {
    let mut delimiter = "END".to_owned();
    while text.lines().any(|line| line == delimiter) {
        delimiter.push('_');
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("cat > {file} <<'{delimiter}'\n{text}{end}{delimiter}\n")
}
