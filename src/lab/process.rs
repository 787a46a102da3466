//! Processes on the hosts of the lab.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{Builder, JoinHandle};

use super::host::{HOSTS, Host};
use super::program::{Program, READY};
use super::{Error, Joined, Lab};
use crate::sys::{self, confine, enclosure, process};

/// One of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The near host.
    You,
    /// The far one.
    Server,
}

/// The executable that is running, whatever has become of its file.
pub(super) const OWN: &str = "/proc/self/exe";

/// A program of the lab that runs. It is killed when this is dropped, and when the lab's process ends, however that does.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Becomes readable when the process has ended.
    end: OwnedFd,
    /// Collects what it says.
    said: Option<JoinHandle<String>>,
}

impl Lab {
    /// Starts a program of the lab on one of the hosts; a server is ready when this returns. To be called by the thread
    /// that entered the lab, which must live as long as the lab: the kernel ends a process with the thread that started it.
    ///
    /// # Errors
    /// No process can be had, or the server cannot listen.
    pub fn start_program(&self, place: Place, program: &Program) -> Result<Process, Error> {
        let waits = matches!(program, Program::Serve(_));
        let words = serde_json::to_string(program).map_err(|error| failed(error.into()))?;
        let start = move || Process::start(&words);
        let (child, mut output) = match place {
            Place::You => start(),
            Place::Server => self.on_server(start)?,
        }?;
        let mut process = Process::new(child)?;
        if waits {
            let mut line = String::new();
            output.read_line(&mut line).map_err(failed)?;
            if line.trim_end() != READY {
                return Err(Error::Refused { why: line.trim_end().to_owned() });
            }
        }
        let collect = move || {
            let mut said = String::new();
            // What is no text, or was cut off, has nothing to tell.
            let _ = output.read_to_string(&mut said);
            said
        };
        process.said = Some(Builder::new().spawn(collect).map_err(failed)?);
        Ok(process)
    }
}

fn failed(source: io::Error) -> Error {
    Error::Program(sys::Error::os("start a program of the lab", source))
}

impl Lab {
    /// Starts any command on one of the hosts, with the standard streams of this process, where the hosts of the lab have
    /// their names. What it leaves behind is killed with it. To be called as [`Self::start_program`].
    ///
    /// # Errors
    /// No process can be had.
    pub fn start_command(&self, place: Place, command: &[OsString]) -> Result<Process, Error> {
        let command = command.to_vec();
        match place {
            Place::You => Process::within(&command),
            Place::Server => self.on_server(move || Process::within(&command))?,
        }
    }
}

impl Joined {
    /// The same on the host that this thread has entered.
    ///
    /// # Errors
    /// No process can be had.
    pub fn start_command(&self, command: &[OsString]) -> Result<Process, Error> {
        Process::within(command)
    }
}

/// Variables that are the command's, and not ours.
fn taken() -> impl Iterator<Item = (&'static OsString, &'static OsString)> {
    confine::taken_environment().iter().map(|(name, value)| (name, value))
}

/// Runs a command as [`Lab::start_command`] does; to be called in the process that was started for it.
///
/// # Errors
/// The parent is gone, or namespaces are not to be had.
pub fn enclose(parent: u32, command: &[OsString]) -> Result<enclosure::Ended, Error> {
    process::end_with(parent).map_err(Error::Program)?;
    enclosure::run(command, &names()).map_err(Error::Program)
}

/// The lines of /etc/hosts in the lab.
fn names() -> String {
    let line = |host: Host| format!("{}\t{}\n{}\t{}\n", host.v4, host.name, host.v6, host.name);
    format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n{}", HOSTS.map(line).concat())
}

impl Process {
    /// Starts it on the host of this thread, in a group of processes of its own: Ctrl-C is not for it.
    fn start(words: &str) -> Result<(Child, BufReader<ChildStdout>), Error> {
        let parent = process::own_number().to_string();
        let mut command = Command::new(OWN);
        command.args(["lab", "program", words, &parent]).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let output = child.stdout.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        Ok((child, BufReader::new(output)))
    }

    /// Starts a command on the host of this thread.
    fn within(command: &[OsString]) -> Result<Self, Error> {
        let parent = process::own_number().to_string();
        let mut within = Command::new(OWN);
        within.args(["lab", "within", &parent, "--"]).args(command).envs(taken());
        Self::new(within.spawn().map_err(failed)?)
    }

    fn new(child: Child) -> Result<Self, Error> {
        let end = process::end_of(child.id()).map_err(Error::Program)?;
        Ok(Self { child, end, said: None })
    }

    /// The number of the process.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end: whether it was content, and what it said.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait(mut self) -> Result<(bool, String), Error> {
        let status = self.child.wait().map_err(failed)?;
        let said = self.said.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok((status.success(), said))
    }

    /// Waits for its end: its exit code.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait_for_code(mut self) -> Result<u8, Error> {
        let status = self.child.wait().map_err(failed)?;
        // Without a code a signal has ended it.
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(KILLED))
    }
}

/// What a shell says of what SIGKILL has ended.
const KILLED: u8 = 128 + 9;

/// Its end.
impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where that is not allowed any more, it ends with the thread that has started it. One that has ended cannot be
        // killed, which is no failure.
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}
