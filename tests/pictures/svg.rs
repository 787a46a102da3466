//! SVG, for a parser of XML and for rsvg-convert.

use std::fs;
use std::process::Command;

use super::{names, replay};
use crate::common::support::installed;

/// Reads each file that is named; fails at the first that is not well-formed, or has no text to select.
const PARSE: &str = "
import sys, xml.etree.ElementTree as tree
svg = '{http://www.w3.org/2000/svg}'
for name in sys.argv[1:]:
    root = tree.parse(name).getroot()
    assert root.tag == svg + 'svg' and root.find(svg + 'title') is not None and root.find(svg + 'desc') is not None, name
    assert len(root.findall('.//' + svg + 'text')) > 3, name
    for shot in root.findall('.//' + svg + 'g'):
        if shot.get('id') and not shot.get('id').endswith('w'):
            assert shot.find(svg + 'title').text, name
print(len(sys.argv) - 1)
";

/// Every capture as SVG, in a folder.
fn drawings() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for name in names() {
        let said = replay(&format!("{name} --format svg"));
        if said.out.is_empty() {
            // Without a connection or exchange nothing is drawn.
            assert_ne!(said.code, Some(0), "{name}: {said:?}");
            continue;
        }
        let file = folder.path().join(&name).with_extension("svg");
        fs::write(&file, said.out).expect("a file");
        files.push(file.to_str().expect("a name").to_owned());
    }
    assert!(files.len() > 50, "{files:?}");
    (folder, files)
}

#[test]
fn every_drawing_is_well_formed_and_renders() {
    let (_folder, files) = drawings();
    if installed("every_drawing_is_well_formed_and_renders", "python3") {
        let parsed = Command::new("python3").args(["-c", PARSE]).args(&files).output().expect("python3");
        let said = String::from_utf8_lossy(&parsed.stdout).trim().to_owned();
        assert_eq!(said, files.len().to_string(), "{}", String::from_utf8_lossy(&parsed.stderr));
    }
    if !installed("every_drawing_is_well_formed_and_renders", "rsvg-convert") {
        return;
    }
    for file in files.iter().step_by(7) {
        let made = Command::new("rsvg-convert").arg(file).output().expect("rsvg-convert");
        assert!(made.status.success() && made.stderr.is_empty(), "{file}: {}", String::from_utf8_lossy(&made.stderr));
        assert!(made.stdout.starts_with(b"\x89PNG"), "{file}");
    }
}
