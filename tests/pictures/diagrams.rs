//! Diagrams, for the parsers of Mermaid and of PlantUML themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::html::saying;
use super::{names, replay};
use crate::common::support::program::{RAWSHAKE, Said};
use crate::common::support::{brought, installed};

/// What a program may say in five octets, to be taken for an order.
const HOSTILE: [(&str, &[u8; 5]); 6] = [
    ("element", b"<svg>"),
    ("orders", b"\nend\n"),
    ("comment", b"%%{a}"),
    ("entity", b"#59; "),
    ("title", b"== a="),
    ("quotes", b"\"';[]"),
];

/// Every capture as a diagram of that format, and what hostile programs say, in a folder; how many those are.
fn diagrams(format: &str, ending: &str) -> (tempfile::TempDir, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| {
        fs::write(folder.path().join(name).with_extension(ending), text).expect("a file");
    };
    let mut count = HOSTILE.len();
    for name in names() {
        let said = replay(&format!("{name} --format {format}"));
        // Without a connection or exchange nothing is drawn.
        if !said.out.is_empty() {
            write(&name, said.out);
            count += 1;
        }
    }
    for (name, payload) in HOSTILE {
        let capture = saying(payload);
        let command = ["replay", "--format", format];
        let output = Command::new(RAWSHAKE).args(command).arg(capture.path()).output().expect("the program");
        write(name, Said::of(output).out);
    }
    (folder, count)
}

/// What PlantUML says of the files, and whether all is well with them.
fn plantuml(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new("plantuml");
    command.env("JAVA_TOOL_OPTIONS", "-Djava.awt.headless=true -XX:TieredStopAtLevel=1").current_dir(folder);
    let output = command.args(arguments).output().expect("plantuml");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn plantuml_parses_every_diagram() {
    if !installed("plantuml_parses_every_diagram", "plantuml") {
        return;
    }
    let (folder, count) = diagrams("plantuml", "puml");
    assert!(count > 90, "{count}");
    let fine = plantuml(folder.path(), &["-checkonly", "*.puml"]);
    assert!(fine.0, "{}", wrong_ones(folder.path()));
    let (is_fine, said) = plantuml(folder.path(), &["-tsvg", "element.puml"]);
    let drawing = fs::read_to_string(folder.path().join("element.svg")).expect("a drawing");
    assert!(
        is_fine && drawing.contains("\"&lt;svg&gt;\":") && drawing.matches("<svg").count() == 1,
        "{said} {drawing}"
    );
    fs::write(folder.path().join("wrong.puml"), "@startuml\nc -> s : fine\nwrong\n@enduml\n").expect("a file");
    assert!(!plantuml(folder.path(), &["-checkonly", "wrong.puml"]).0, "what is wrong is told");
}

/// Names of the files that PlantUML does not take.
fn wrong_ones(folder: &Path) -> String {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names = files.map(|name| name.into_string().expect("a name"));
    names.filter(|name| !plantuml(folder, &["-checkonly", name]).0).collect::<Vec<_>>().join(" ")
}

#[test]
fn mermaid_parses_every_diagram() {
    let test = "mermaid_parses_every_diagram";
    let mermaid = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("mermaid").join("mermaid.min.js");
    if !installed(test, "chromium") || !installed(test, "python3") || !brought(test, &mermaid) {
        return;
    }
    let (folder, count) = diagrams("mermaid", "mmd");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/mermaid.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(&mermaid).arg(folder.path());
    command.args(["four-segment", "ack 7 = 6 + 1: a FIN takes one number,"]);
    for (name, payload) in HOSTILE {
        // What is no character to be shown is escaped before.
        let text = String::from_utf8_lossy(payload).replace('\n', "\\n").replace('"', "\\\"");
        command.args([name, text.trim()]);
    }
    let said = Said::of(command.output().expect("python3"));
    assert_eq!(said.out.trim(), format!("{count} parsed"), "{}", said.err);
}
