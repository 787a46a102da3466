//! A run of a lesson: this program once more, as somebody would type it, and what was captured of it.

use std::fs::File;
use std::io::{self, PipeReader, Read as _};
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anstream::adapter::strip_str;
use anyhow::{Context as _, bail};

use super::person::{Left, Person};
use crate::cmd::new_file::{Force, Named};
use crate::lab;
use crate::ladder::Settings;
use crate::learn::{Run, Scene};
use crate::source::{Chain, Source as _};
use crate::sys::{Anonymous, poll};
use crate::trace::{Hint, Tracer, TracerOptions};
use crate::wire;

/// The executable that is running, whatever has become of its file.
const OWN: &str = "/proc/self/exe";

/// Commands that draw ladders, and take the options for that.
const DRAWING: [&str; 4] = ["trace", "send", "listen", "lab"];

/// The exit code of what could not be done.
const FAILED: i32 = 2;

/// What came of a run.
pub(super) struct Played {
    /// All that it said, in colour.
    pub(super) output: String,
    /// What was captured.
    pub(super) scene: Scene,
    /// The capture.
    pub(super) pcap: Anonymous,
}

/// Runs the command in the lab, with a capture that is no file on any disk: nothing is left of it, whatever ends this process.
///
/// # Errors
/// It cannot be run, or failed; or the learner has left.
pub(super) fn play(run: &Run, settings: &Settings, person: &mut Person<'_>) -> anyhow::Result<Played> {
    let pcap = Anonymous::new("rawshake-lesson").context("there is no room for a capture")?;
    let mut process = Process::start(run, &pcap.path(), settings)?;
    let output = process.output(person)?;
    let status = process.child.wait().context("the run was lost")?;
    if status.code().is_none_or(|code| code >= FAILED) {
        let said = strip_str(&output).to_string();
        bail!("rawshake {}: {}", run.written, reason(&said));
    }
    let mut scene = scene(&pcap.path())?;
    scene.said(strip_str(&output).to_string());
    Ok(Played { output, scene, pcap })
}

/// The last thing that it said, without its name.
fn reason(said: &str) -> &str {
    let line = said.lines().rev().find(|line| line.starts_with("rawshake: "));
    line.map_or("it could not be run", |line| line.trim_start_matches("rawshake: "))
}

/// The run as a process. It is killed when this is dropped.
struct Process {
    child: Child,
    output: PipeReader,
}

impl Process {
    fn start(run: &Run, pcap: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let (output, input) = io::pipe().context("no pipe is left")?;
        let again = input.try_clone().context("no pipe is left")?;
        let mut command = Command::new(OWN);
        command.args(["--color", "always"]).args(arguments(run, pcap, settings));
        // A group of its own: Ctrl-C is for the lesson, which ends it.
        command.stdin(Stdio::null()).stdout(input).stderr(again).process_group(0);
        let child = command.spawn().context("this program cannot be run again")?;
        Ok(Self { child, output })
    }

    /// All that it says, until it has ended.
    fn output(&mut self, person: &mut Person<'_>) -> anyhow::Result<String> {
        let (mut octets, mut buffer) = (Vec::new(), [0; 8192]);
        loop {
            let ready = poll::wait(&[person.stop(), self.output.as_fd()], None)?;
            if ready.contains(0) {
                person.interrupted();
                bail!(Left);
            }
            match self.output.read(&mut buffer)? {
                0 => return Ok(String::from_utf8_lossy(&octets).into_owned()),
                count => octets.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The words of the command, with what the screen and the capture need before any of its own.
fn arguments(run: &Run, pcap: &Path, settings: &Settings) -> Vec<String> {
    let words = &run.command;
    let first = if words.first().is_some_and(|word| word == "lab") { 2 } else { 1 };
    let (command, rest) = words.split_at(first.min(words.len()));
    let mut all = command.to_vec();
    if DRAWING.contains(&command.first().map_or("", String::as_str)) {
        all.extend(["--width".to_owned(), settings.width.to_string()]);
        all.extend(settings.ascii.then(|| "--ascii".to_owned()));
    }
    all.extend(["--pcap".to_owned(), pcap.display().to_string()]);
    all.extend_from_slice(rest);
    all
}

/// What is in the capture.
fn scene(pcap: &Path) -> anyhow::Result<Scene> {
    let files = [pcap.to_owned()];
    let mut source = Chain::of_files(&files);
    let mut scene = Scene::new(IpAddr::V4(lab::YOU.v4));
    let mut tracer = Tracer::new(TracerOptions::default());
    let mut number = 0;
    while let Some(packet) = source.next().context("the capture of the run cannot be read")? {
        number += 1;
        let decoded = wire::decode(&packet);
        scene.packet(number, &packet, &decoded);
        tracer.packet(number, &packet, &decoded, Hint::default(), &mut |event| scene.event(event));
    }
    tracer.finish(&mut |event| scene.event(event));
    Ok(scene)
}

/// Where captures are kept.
#[derive(Clone, Copy)]
pub(super) struct Keep<'a> {
    pub(super) folder: &'a Path,
    pub(super) force: Force,
}

impl Keep<'_> {
    /// Copies the capture of a run to a new file.
    ///
    /// # Errors
    /// It is there already, or cannot be written.
    pub(super) fn copy(self, pcap: &Anonymous, name: &str) -> anyhow::Result<()> {
        const FAILED: &str = "the capture of this run is not kept";
        let mut file = Named::create(&self.folder.join(name), self.force, &[]).context(FAILED)?;
        let mut capture = File::open(pcap.path()).context(FAILED)?;
        io::copy(&mut capture, &mut file).context(FAILED)?;
        Ok(())
    }
}
