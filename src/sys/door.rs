//! A process at the door: it opens the files that were named on the command line, for a process that may not any more.
//!
//! It is started before privileges are given up, and has the rights of who started the program. It is asked by numbers: which
//! files there are was said before anything was decoded, so whoever takes the other process over gets nothing else. It looks
//! at no content, and ends with the other one.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::process::{self, Fork};
use super::watch::Watch;
use super::{Result, confine, unix};

/// What it can be asked for; the number of an input is its place on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Ask {
    /// An input, to be read.
    Open,
    /// What kind of file an input is.
    Look,
    /// To be told when an input changes.
    Watch,
    /// An output, to be written.
    Create,
    /// An output, to be taken away.
    Remove,
}

const ASKS: [Ask; 5] = [Ask::Open, Ask::Look, Ask::Watch, Ask::Create, Ask::Remove];

/// What is to be done with an output of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Create it, and give it.
    Create(u32),
    /// Take it away.
    Remove(u32),
}

/// Does something with an output; the words say why not.
pub type Outputs<'a> = dyn FnMut(Output) -> std::result::Result<Option<File>, String> + 'a;

/// What kind of file there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// It is a regular file.
    pub is_file: bool,
    /// Its length in octets.
    pub length: u64,
    /// Device and inode: two names of the same file have the same.
    pub identity: (u64, u64),
}

/// Octets of an answer at most.
const LONGEST: usize = 4096;

/// The way to the process.
struct Door {
    stream: Mutex<UnixStream>,
    inputs: Vec<PathBuf>,
}

static DOOR: OnceLock<Door> = OnceLock::new();

/// Starts the process, for these inputs, and `outputs`. To be called before any thread is there.
///
/// # Errors
/// No process can be had.
pub fn start(inputs: Vec<PathBuf>, outputs: &mut Outputs<'_>) -> Result<()> {
    let (near, far) = UnixStream::pair().map_err(|source| super::Error::os("make a door for files", source))?;
    let parent = process::own_number();
    match process::fork()? {
        Fork::Child => {
            drop(near);
            // Nobody is there to be told: the other process finds the door closed.
            let Err(_) = settle(parent).map_err(io::Error::other).and_then(|()| serve(&far, &inputs, outputs));
            process::leave()
        }
        Fork::Parent(_) => {
            let _ = DOOR.set(Door { stream: Mutex::new(near), inputs });
            Ok(())
        }
    }
}

/// The child takes up its place: with the rights of who started the program, and no way to run another.
fn settle(parent: u32) -> Result<()> {
    process::set_name(c"rawshake files");
    process::ignore_everything()?;
    confine::become_invoker_or_stay()?;
    process::end_with(parent)?;
    confine::forbid_deadly_calls()
}

fn serve(stream: &UnixStream, inputs: &[PathBuf], outputs: &mut Outputs<'_>) -> io::Result<Infallible> {
    loop {
        let mut octets = [0; 5];
        let (length, _) = unix::receive(stream, &mut octets)?;
        let [kind, number @ ..] = octets;
        let ask = ASKS.into_iter().find(|ask| *ask as u8 == kind && length == octets.len());
        let answer = match ask {
            Some(ask) => answer(ask, u32::from_be_bytes(number), inputs, outputs),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let (octets, fd) = answer.unwrap_or_else(|error| (refusal(&error), None));
        let fds: Vec<BorrowedFd<'_>> = fd.iter().map(|fd| fd.as_fd()).collect();
        unix::send(stream, &octets, &fds)?;
    }
}

type Answer = (Vec<u8>, Option<OwnedFd>);

/// An answer begins with an error number, which is 0 where there is none.
fn answer(ask: Ask, number: u32, inputs: &[PathBuf], outputs: &mut Outputs<'_>) -> io::Result<Answer> {
    let good = 0_i32.to_be_bytes().to_vec();
    let input = || inputs.get(number as usize).ok_or(io::ErrorKind::NotFound);
    let mut output = |what| outputs(what).map(|file| (good.clone(), file.map(OwnedFd::from))).map_err(io::Error::other);
    match ask {
        Ask::Open => Ok((good, Some(File::open(input()?)?.into()))),
        Ask::Look => Ok(([good, look_at(input()?)?.to_octets()].concat(), None)),
        Ask::Watch => Ok((good, Some(Watch::new(input()?).map_err(io::Error::other)?.into()))),
        Ask::Create => output(Output::Create(number)),
        Ask::Remove => output(Output::Remove(number)),
    }
}

/// An error without a number has words, and is of number -1.
fn refusal(error: &io::Error) -> Vec<u8> {
    let number = error.raw_os_error().unwrap_or(-1).to_be_bytes();
    let words = if error.raw_os_error().is_some() { String::new() } else { error.to_string() };
    let mut octets = [&number[..], words.as_bytes()].concat();
    octets.truncate(LONGEST);
    octets
}

impl Look {
    fn to_octets(self) -> Vec<u8> {
        let numbers = [u64::from(self.is_file), self.length, self.identity.0, self.identity.1];
        numbers.map(u64::to_be_bytes).concat()
    }

    fn of_octets(octets: &[u8]) -> Option<Self> {
        let mut numbers = octets.chunks_exact(8).map(|number| number.try_into().map(u64::from_be_bytes));
        let mut next = || numbers.next()?.ok();
        Some(Self { is_file: next()? == 1, length: next()?, identity: (next()?, next()?) })
    }
}

fn look_at(path: &Path) -> io::Result<Look> {
    let metadata = fs::metadata(path)?;
    let identity = (metadata.dev(), metadata.ino());
    Ok(Look { is_file: metadata.is_file(), length: metadata.len(), identity })
}

impl Door {
    fn ask(&self, ask: Ask, number: u32) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
        let (octets, fds) = self.exchange(ask, number).map_err(closed)?;
        let (number, rest) = octets.split_first_chunk().ok_or_else(|| closed(io::ErrorKind::UnexpectedEof.into()))?;
        match i32::from_be_bytes(*number) {
            0 => Ok((rest.to_vec(), fds.into_iter().next())),
            -1 => Err(io::Error::other(String::from_utf8_lossy(rest).into_owned())),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }

    fn exchange(&self, ask: Ask, number: u32) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let question = [&[ask as u8], &number.to_be_bytes()[..]].concat();
        unix::send(&stream, &question, &[])?;
        let mut octets = vec![0; LONGEST];
        let (length, fds) = loop {
            match unix::receive(&stream, &mut octets) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                received => break received?,
            }
        };
        octets.truncate(length);
        Ok((octets, fds))
    }

    fn ask_for_one(&self, ask: Ask, number: u32) -> io::Result<OwnedFd> {
        self.ask(ask, number)?.1.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// Nobody answers: that is not to be taken for a reader of results who has left.
fn closed(error: io::Error) -> io::Error {
    io::Error::other(format!("the process that opens files for this one has ended ({}); start again", error.kind()))
}

/// The door, and the number of an input there; none where the path is nothing that it knows, or there is no door.
fn input(path: &Path) -> Option<(&'static Door, u32)> {
    let door = DOOR.get()?;
    let place = door.inputs.iter().position(|input| input == path)?;
    Some((door, u32::try_from(place).ok()?))
}

/// Opens a file to be read.
///
/// # Errors
/// Those of the system.
pub fn open(path: &Path) -> io::Result<File> {
    match input(path) {
        Some((door, number)) => door.ask_for_one(Ask::Open, number).map(File::from),
        None => File::open(path),
    }
}

/// Looks what kind of file there is.
///
/// # Errors
/// Those of the system.
pub fn look(path: &Path) -> io::Result<Look> {
    match input(path) {
        Some((door, number)) => {
            let (octets, _) = door.ask(Ask::Look, number)?;
            Look::of_octets(&octets).ok_or_else(|| io::ErrorKind::InvalidData.into())
        }
        None => look_at(path),
    }
}

/// Begins to watch a file, as [`Watch::new`].
///
/// # Errors
/// Those of the system.
pub fn watch(path: &Path) -> io::Result<Watch> {
    match input(path) {
        Some((door, number)) => door.ask_for_one(Ask::Watch, number).map(Watch::from),
        None => Watch::new(path).map_err(io::Error::other),
    }
}

/// Has an output created; none where there is no door, so that whoever asks does it.
///
/// # Errors
/// What [`Outputs`] says.
pub fn create(number: u32) -> Option<io::Result<File>> {
    DOOR.get().map(|door| door.ask_for_one(Ask::Create, number).map(File::from))
}

/// Has an output taken away; none where there is no door.
///
/// # Errors
/// What [`Outputs`] says.
pub fn remove(number: u32) -> Option<io::Result<()>> {
    DOOR.get().map(|door| door.ask(Ask::Remove, number).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_through_as_it_is() {
        let look = Look { is_file: true, length: 1 << 40, identity: (7, u64::MAX) };
        assert_eq!(Look::of_octets(&look.to_octets()), Some(look));
        assert_eq!(Look::of_octets(&[0; 31]), None);
    }

    #[test]
    fn a_door_that_closes_is_no_reader_who_has_left() {
        let (near, far) = UnixStream::pair().unwrap();
        let door = Door { stream: Mutex::new(near), inputs: Vec::new() };
        std::thread::scope(|scope| {
            // Once it ends with a question before it, and then there is nobody to ask.
            scope.spawn(|| unix::receive(&far, &mut [0; 5]).and_then(|_| far.shutdown(std::net::Shutdown::Both)));
            for _ in 0..2 {
                let error = door.ask(Ask::Create, 0).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::Other, "{error}");
                assert!(error.to_string().starts_with("the process that opens files for this one has ended ("));
            }
        });
    }

    #[test]
    fn refusals_have_a_number_or_words() {
        assert_eq!(refusal(&io::Error::from_raw_os_error(libc::ENOENT)), libc::ENOENT.to_be_bytes());
        assert_eq!(refusal(&io::Error::other("why")), [&[0xff; 4][..], b"why"].concat());
    }

    #[test]
    fn what_is_asked_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let (path, made) = (folder.path().join("in"), folder.path().join("out"));
        fs::write(&path, "abc").unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let door = Door { stream: Mutex::new(near), inputs: vec![path.clone(), folder.path().join("none")] };
        let inputs = door.inputs.clone();
        let thread = std::thread::spawn(move || {
            let mut outputs = move |output| match output {
                Output::Create(1) => Ok(Some(File::create(&made).unwrap())),
                Output::Create(_) => Err("only one".to_owned()),
                Output::Remove(_) => fs::remove_file(&made).map(|()| None).map_err(|error| error.to_string()),
            };
            serve(&far, &inputs, &mut outputs).map_err(|error| error.kind())
        });
        let text = io::read_to_string(File::from(door.ask_for_one(Ask::Open, 0).unwrap())).unwrap();
        assert_eq!(text, "abc");
        let look = Look::of_octets(&door.ask(Ask::Look, 0).unwrap().0).unwrap();
        assert_eq!(look, look_at(&path).unwrap());
        assert_eq!(door.ask(Ask::Open, 1).unwrap_err().raw_os_error(), Some(libc::ENOENT));
        assert_eq!(
            door.ask(Ask::Open, 2).unwrap_err().to_string(),
            "entity not found",
            "no other file can be asked for"
        );
        assert!(door.ask_for_one(Ask::Create, 1).is_ok());
        assert_eq!(door.ask(Ask::Create, 2).unwrap_err().to_string(), "only one");
        assert!(door.ask(Ask::Remove, 1).is_ok() && fs::read_dir(folder.path()).unwrap().count() == 1);
        drop(door);
        assert_eq!(thread.join().unwrap(), Err(io::ErrorKind::UnexpectedEof), "it ends with who asks");
    }
}
