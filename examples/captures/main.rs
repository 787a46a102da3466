//! Makes the captures of single phenomena: each in the lab, by kernels where they will do it, by hand where they will not.
//!
//! `captures FOLDER` makes every file, `captures FOLDER NAME…` those. A new one is one row and one function in
//! `opening`, `data`, `closing`, `odd` or `exchange`. `scripts/captures.sh` runs it.

mod closing;
mod data;
mod exchange;
mod hand;
mod kernel;
mod odd;
mod opening;
mod stage;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use stage::{Scene, Stage};

fn scenes() -> impl Iterator<Item = &'static Scene> {
    [opening::SCENES, data::SCENES, closing::SCENES, odd::SCENES, exchange::SCENES].into_iter().flatten()
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("usage: captures FOLDER [NAME…]")?;
    match &arguments.collect::<Vec<_>>()[..] {
        [] => all(&folder, scenes().map(|scene| scene.name)),
        [name] => one(Path::new(&folder), name),
        names => all(&folder, names.iter().map(String::as_str)),
    }
}

/// Each in a process of its own: its networks go with it.
fn all<'a>(folder: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    for name in names {
        let done = Command::new(std::env::current_exe()?).args([folder, name]).status()?;
        if !done.success() {
            bail!("{name} was not made");
        }
    }
    Ok(())
}

fn one(folder: &Path, name: &str) -> Result<()> {
    let scene = scenes().find(|scene| scene.name == name).with_context(|| format!("there is no {name}"))?;
    let mut stage = Stage::enter(scene.interface)?;
    (scene.play)(&mut stage).with_context(|| format!("{name}, after:\n{}", stage.heard_so_far()))?;
    let file = folder.join(format!("{name}.pcap"));
    stage.save(&file)?;
    writeln!(io::stdout(), "{}", file.display())?;
    Ok(())
}
