//! Man pages and completions: made from the tree of arguments, and read by the programs that they are for.

#[path = "../examples/pages/pages.rs"]
mod pages;
#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::installed;

/// Every page, written where man(1) can read it.
fn written(folder: &Path) -> Vec<(String, String)> {
    let pages = pages::manual().expect("pages");
    pages
        .into_iter()
        .map(|(name, octets)| {
            fs::write(folder.join(&name), &octets).expect("a folder");
            (name, String::from_utf8(octets).expect("UTF-8"))
        })
        .collect()
}

#[test]
fn every_command_has_a_page_with_its_options_and_examples() {
    let pages = pages::manual().expect("pages");
    let mut root = rawshake::cmd::command();
    root.build();
    let mut commands = vec![("rawshake".to_owned(), &root)];
    let mut checked = 0;
    while let Some((name, command)) = commands.pop() {
        let file = format!("{name}.1");
        let (_, octets) = pages.iter().find(|(page, _)| *page == file).unwrap_or_else(|| panic!("no page {file}"));
        let text = String::from_utf8(octets.clone()).expect("UTF-8");
        for option in command.get_arguments().filter(|it| !it.is_hide_set()).filter_map(clap::Arg::get_long) {
            assert!(text.contains(&format!(r"\-\-{}", option.replace('-', r"\-"))), "{file} lacks --{option}");
            checked += 1;
        }
        assert!(text.contains("\n.SH EXAMPLES\n"), "{file}");
        let visible = command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help");
        commands.extend(visible.map(|it| (format!("{name}-{}", it.get_name()), it)));
    }
    assert!(checked > 300, "{checked} options");
}

#[test]
fn man_reads_them_without_a_complaint() {
    if !installed("pages", "man") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, page) in written(folder.path()) {
        let mut command = Command::new("man");
        command.env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").args([
            "--warnings",
            "-E",
            "UTF-8",
            "-l",
            "-Tutf8",
            "-Z",
        ]);
        let said = command.arg(folder.path().join(&name)).output().expect("man");
        assert!(said.status.success() && said.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&said.stderr));
        let mut command = Command::new("man");
        command.env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").args(["-P", "cat", "-l"]).arg(folder.path().join(&name));
        let text = String::from_utf8(command.output().expect("man").stdout).expect("UTF-8");
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(82), "{name}: {longest:?}");
        assert!(text.contains("\nSEE ALSO\n") && page.starts_with(".ie"), "{name}: {text}");
    }
}

/// Each shell, how it takes a script in, and how it is asked what it makes of `rawshake tra`.
const SHELLS: [(&str, &str, &str); 3] = [
    (
        "bash",
        "rawshake.bash",
        "source FILE; COMP_WORDS=(rawshake tra); COMP_CWORD=1; _rawshake rawshake tra rawshake; echo \"${COMPREPLY[@]}\"",
    ),
    (
        "zsh",
        "_rawshake",
        "autoload -U compinit; compinit -u -D; source FILE; echo trace $+functions[_rawshake_commands]",
    ),
    ("fish", "rawshake.fish", "source FILE; complete -C 'rawshake tra'"),
];

#[test]
fn shells_complete_the_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = pages::completions();
    assert_eq!(files.len(), 5);
    for (shell, file, script) in SHELLS {
        let (_, octets) = files.iter().find(|(name, _)| name == file).expect(file);
        let path = folder.path().join(file);
        fs::write(&path, octets).expect("a folder");
        if !installed("pages", shell) {
            continue;
        }
        let script = script.replace("FILE", &path.display().to_string());
        let said = Command::new(shell).env("HOME", folder.path()).args(["-c", &script]).output().expect(shell);
        assert!(said.stderr.is_empty(), "{shell}: {}", String::from_utf8_lossy(&said.stderr));
        assert!(said.stdout.starts_with(b"trace"), "{shell}: {}", String::from_utf8_lossy(&said.stdout));
        assert!(!said.stdout.ends_with(b" 0\n"), "{shell}");
    }
}
