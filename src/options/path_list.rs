//! Lists of paths to download (`--urls`).

use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_client::Target;
use flagpole_protocol::{OriginForm, reason};
use std::{fs, path::Path};

/// Reads a file with one path or URL of the target a line, in the order of the file.
pub(crate) fn read(file: &Path, target: &Target) -> Result<Vec<OriginForm>> {
    let place = format!("--urls: {}", file.display());
    let text = fs::read(file).with_context(|| place.clone())?;
    let paths = parse(&text, target).map_err(|error| anyhow!("{place}:{error}"))?;
    if paths.is_empty() {
        bail!("{place}: expected at least one path, got none");
    }
    Ok(paths)
}

/// The error begins with the number of the line.
fn parse(text: &[u8], target: &Target) -> Result<Vec<OriginForm>> {
    let mut paths = Vec::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let Ok(line) = str::from_utf8(line) else {
            bail!(
                "{number}: expected UTF-8 text, got `{}`",
                reason(&line.escape_ascii())
            );
        };
        // Editors of Windows begin a file with a byte order mark.
        let line = line.trim_start_matches('\u{feff}').trim();
        if !line.is_empty() && !line.starts_with('#') {
            let path = target.origin_form(line);
            paths.push(path.map_err(|error| anyhow!("{number}: {error}"))?);
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Result<Vec<String>, String> {
        let target = "http://h:8001/flags".parse().unwrap();
        let paths = parse(text, &target).map_err(|error| error.to_string())?;
        Ok(paths.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn each_line_is_a_path_a_url_or_a_comment() {
        let text = "\u{feff}/b\r\n# /c\r\n\r\n  http://h:8001/a?x \r\n/b\n/\u{e9}".as_bytes();
        assert_eq!(parsed(text).unwrap(), ["/b", "/a?x", "/b", "/%C3%A9"]);
    }

    #[test]
    fn error_names_the_line() {
        let expected = "expected a path that begins with `/`, or a URL that begins with `http://h:8001/`, of at most \
                        8192 bytes, got";
        for (text, error) in [
            ("/a\n\nimg/1.png", format!("3: {expected} `img/1.png`")),
            ("http://other/a", format!("1: {expected} `http://other/a`")),
        ] {
            assert_eq!(parsed(text.as_bytes()), Err(error), "{text}");
        }
        let error = "2: expected UTF-8 text, got `/\\xe9`".to_owned();
        assert_eq!(parsed(b"/a\n/\xe9\n"), Err(error));
    }
}
