//! Man pages and completions, as octets by the names of their files. The same arguments give the same octets.

use std::io;

use clap::Command;
use clap_complete::{Generator as _, Shell};
use clap_mangen::Man;
use roff::{Roff, roman};

/// A file: its name and what is in it.
pub(crate) type File = (String, Vec<u8>);

/// A page for the program and for each of its commands.
pub(crate) fn manual() -> io::Result<Vec<File>> {
    let mut root = rawshake::cmd::command();
    root.build();
    let mut files = Vec::new();
    add(&root, "rawshake", &mut files)?;
    Ok(files)
}

fn add(command: &Command, name: &str, files: &mut Vec<File>) -> io::Result<()> {
    let visible = || command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help");
    files.push((format!("{name}.1"), page(command.clone(), name)?));
    visible().try_for_each(|it| add(it, &format!("{name}-{}", it.get_name()), files))
}

fn page(command: Command, name: &str) -> io::Result<Vec<u8>> {
    let (version, has_commands) = (rawshake::cmd::command().render_version(), command.has_subcommands());
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command).title(name.to_uppercase()).source(version.trim()).manual("User Commands");
    let mut octets = Vec::new();
    man.render_title(&mut octets)?;
    man.render_name_section(&mut octets)?;
    man.render_synopsis_section(&mut octets)?;
    man.render_description_section(&mut octets)?;
    man.render_options_section(&mut octets)?;
    if has_commands {
        man.render_subcommands_section(&mut octets)?;
    }
    remarks(&after).to_writer(&mut octets)?;
    see_also(name).to_writer(&mut octets)?;
    Ok(octets)
}

/// What stands behind the options in --help: examples as they are, text as paragraphs.
fn remarks(after: &str) -> Roff {
    let mut roff = Roff::default();
    let mut in_notes = false;
    for paragraph in after.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let (heading, body) = match paragraph.split_once('\n') {
            Some((heading, body)) if body.starts_with(' ') && heading.ends_with(':') => (Some(heading), body),
            _ => (None, paragraph),
        };
        if let Some(heading) = heading {
            roff.control("SH", [heading.trim_end_matches(':').to_uppercase().as_str()]);
        } else {
            roff.control(if in_notes { "PP" } else { "SH" }, (!in_notes).then_some("NOTES"));
        }
        in_notes = heading.is_none();
        if body.lines().any(|line| line.starts_with(' ')) {
            // Columns that stand below each other, of 80: so without the indentation of a page.
            roff.control("in", ["0"]).control("nf", []);
            body.lines().for_each(|line| _ = roff.text([roman(line)]));
            roff.control("fi", []).control("in", []);
        } else {
            roff.text([roman(body.lines().collect::<Vec<_>>().join(" "))]);
        }
    }
    roff
}

/// The program's own page, and those of its commands.
fn see_also(name: &str) -> Roff {
    let all = rawshake::cmd::command();
    let commands = all.get_subcommands().filter(|it| !it.is_hide_set());
    let names = commands.map(|it| format!("rawshake-{}", it.get_name()));
    let others: Vec<_> =
        ["rawshake".to_owned()].into_iter().chain(names).filter(|it| it != name).map(|it| format!("{it}(1)")).collect();
    let mut roff = Roff::default();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(others.join(", "))]);
    roff
}

/// Scripts that complete what is typed, one for each shell.
pub(crate) fn completions() -> Vec<File> {
    let shells = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell];
    let file = |shell: Shell| {
        let mut octets = Vec::new();
        clap_complete::generate(shell, &mut rawshake::cmd::command(), "rawshake", &mut octets);
        (shell.file_name("rawshake"), octets)
    };
    shells.into_iter().map(file).collect()
}
