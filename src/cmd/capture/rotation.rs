//! Many capture files in place of one: each takes so many octets or seconds, and only the newest stay.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{CaptureFile, ROOM, Recorder};
use crate::cmd::new_file::{Force, shown, told};
use crate::cmd::seconds::{Seconds, some_time};
use crate::sys::door;
use crate::sys::fresh::Refusal;
use crate::wire::{Packet, Time};

/// When another file begins.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Capture file")]
pub struct RotationArgs {
    /// Begin another file before this one has more megabytes (of 1,000,000 octets): FILE-00001, FILE-00002 and so on, the
    /// number in front of the ending
    #[arg(long, value_name = "MB", value_parser = megabytes, requires = "pcap")]
    rotate_size: Option<u64>,
    /// Begin another file with the first packet after so many seconds, by the packets' time
    #[arg(long, value_name = "SECONDS", value_parser = some_time, requires = "pcap")]
    rotate_time: Option<Seconds>,
    /// Keep the newest N of these files and delete the others
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    files: Option<u32>,
}

/// Octets in a megabyte.
const MEGABYTE: f64 = 1e6;

/// Reads megabytes; gives octets.
fn megabytes(text: &str) -> Result<u64, String> {
    let octets = text.parse::<f64>().ok().map(|number| number * MEGABYTE);
    let octets = octets.filter(|octets| *octets >= 1000.0 && *octets <= 1e15);
    octets.map(|octets| octets as u64).ok_or_else(|| "not a number of megabytes from 0.001 on".to_owned())
}

/// What a file takes, and how many stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    octets: u64,
    time: Duration,
    files: usize,
}

impl RotationArgs {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// Says what is missing.
    pub(in crate::cmd) fn check(&self) -> Result<()> {
        let rotates = self.rotate_size.is_some() || self.rotate_time.is_some();
        ensure!(self.files.is_none() || rotates, "--files is about --rotate-size and --rotate-time: add one of them");
        Ok(())
    }

    /// None where one file takes all.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        (self.rotate_size.is_some() || self.rotate_time.is_some()).then_some(Bounds {
            octets: self.rotate_size.unwrap_or(u64::MAX),
            time: self.rotate_time.map_or(Duration::MAX, |seconds| seconds.0),
            files: self.files.map_or(usize::MAX, |files| files as usize),
        })
    }
}

/// The files of a run.
pub(super) struct Rotation {
    path: PathBuf,
    force: Force,
    bounds: Bounds,
    number: u32,
    current: CaptureFile,
    /// The time of its first packet.
    began: Option<Time>,
    /// Those that stay, the current one last.
    kept: VecDeque<PathBuf>,
}

impl Rotation {
    /// Creates the first file.
    ///
    /// # Errors
    /// There is a file of that name and any number already that may not be replaced; the first cannot be created.
    pub(super) fn begin(path: &Path, force: Force, bounds: Bounds) -> Result<Self> {
        if let Some(there) = earlier(path).filter(|_| !force.is_given()) {
            return Err(told(&there, Refusal::Exists));
        }
        let first = numbered(path, 1);
        let current = CaptureFile::new(&first, force.create(&first, &[])?)?.with_room(ROOM);
        let kept = VecDeque::from([first]);
        Ok(Self { path: path.to_owned(), force, bounds, number: 1, current, began: None, kept })
    }

    /// Whether the current file has no place for a packet; one without a packet takes any.
    fn is_over(&self, packet: &Packet<'_>) -> bool {
        let Some(began) = self.began else { return false };
        let record = packet.bytes.len() as u64 + RECORD;
        self.current.writer.length().saturating_add(record) > self.bounds.octets
            || packet.time.since(began) >= self.bounds.time
    }

    fn next(&mut self) -> Result<()> {
        self.number += 1;
        let path = numbered(&self.path, self.number);
        let next = self.force.create_at_door(self.number, &path, &[])?;
        let next = CaptureFile::new(&path, next)?.with_room(ROOM);
        std::mem::replace(&mut self.current, next).finish()?;
        self.kept.push_back(path);
        self.began = None;
        while self.kept.len() > self.bounds.files
            && let Some(oldest) = self.kept.pop_front()
        {
            // They are numbered from 1 on, and the newest ones are kept.
            let number = self.number - self.kept.len() as u32;
            door::remove(number).map_or_else(|| remove(&oldest), |removed| Ok(removed?))?;
        }
        Ok(())
    }
}

/// Octets of a record in a file beside the packet's, at most: a block of pcapng with its padding.
const RECORD: u64 = 36;

impl Recorder for Rotation {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, packet: &Packet<'_>) -> Result<()> {
        if self.is_over(packet) {
            self.next()?;
        }
        self.began.get_or_insert(packet.time);
        self.current.write(packet)
    }

    fn flush(&mut self) -> Result<()> {
        self.current.flush()
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.current.finish()
    }
}

/// Deletes one of the files.
pub(super) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("cannot delete {}", shown(path)))
}

/// `capture-00001.pcap` for `capture.pcap`.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:05}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// A file of an earlier run, if there is one.
fn earlier(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<PathBuf> =
        fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.file_name().into())).collect();
    let number = |name: &Path| {
        let text = name.file_stem()?.to_str()?.rsplit_once('-')?.1.to_owned();
        text.parse::<u32>().ok().filter(|_| text.len() >= 5)
    };
    let is_ours = |name: &&PathBuf| {
        number(name).is_some_and(|number| numbered(path, number).file_name() == Some(name.as_os_str()))
    };
    names.iter().filter(is_ours).min().map(|name| path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{CaptureFile as Reading, Source as _};
    use crate::wire::LinkType;

    /// Writes packets of a thousand octets, a second apart; gives the names that are left, and the packets in them.
    fn recorded(name: &str, bounds: Bounds, packets: i64) -> Vec<(String, Vec<i64>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut rotation = Box::new(Rotation::begin(&path, Force::default(), bounds).unwrap());
        for second in 0..packets {
            let (time, link) = (Time::from_parts(second, 0), LinkType::ETHERNET);
            rotation.write(&Packet { time, link, original_len: 1000, bytes: &[0; 1000] }).unwrap();
        }
        rotation.finish().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let again = Rotation::begin(&path, Force::default(), bounds).err().map(|error| error.to_string());
        assert!(again.is_some_and(|error| error.contains("is there already")), "an earlier run is not overwritten");
        names.iter().map(|name| (name.file_name().unwrap().to_string_lossy().into_owned(), seconds(name))).collect()
    }

    fn seconds(name: &Path) -> Vec<i64> {
        let mut file = Reading::open(name).unwrap();
        let mut times = Vec::new();
        while let Some(packet) = file.next().unwrap() {
            times.push(packet.time.as_nanos() / 1_000_000_000);
        }
        assert!(fs::metadata(name).unwrap().len() <= 3_500);
        times
    }

    fn expected(names: &[(&str, &[i64])]) -> Vec<(String, Vec<i64>)> {
        names.iter().map(|(name, seconds)| ((*name).to_owned(), seconds.to_vec())).collect()
    }

    #[test]
    fn no_file_has_more_octets_than_asked_for() {
        let bounds = Bounds { octets: 3_500, time: Duration::MAX, files: usize::MAX };
        let wanted = expected(&[("a-00001.pcap", &[0, 1, 2]), ("a-00002.pcap", &[3, 4, 5]), ("a-00003.pcap", &[6])]);
        assert_eq!(recorded("a.pcap", bounds, 7), wanted);
        let wanted = expected(&[("a-00002.pcapng", &[3, 4, 5]), ("a-00003.pcapng", &[6])]);
        assert_eq!(recorded("a.pcapng", Bounds { files: 2, ..bounds }, 7), wanted);
    }

    #[test]
    fn each_file_has_its_seconds() {
        let bounds = Bounds { octets: u64::MAX, time: Duration::from_secs(2), files: usize::MAX };
        assert_eq!(recorded("a", bounds, 3), expected(&[("a-00001", &[0, 1]), ("a-00002", &[2])]));
        assert_eq!(recorded("a", Bounds { files: 1, ..bounds }, 5), expected(&[("a-00003", &[4])]));
    }

    #[test]
    fn a_packet_that_is_too_long_for_a_file_has_one_for_itself() {
        let bounds = Bounds { octets: 1_000, time: Duration::MAX, files: usize::MAX };
        assert_eq!(recorded("a.pcap", bounds, 2), expected(&[("a-00001.pcap", &[0]), ("a-00002.pcap", &[1])]));
    }

    #[test]
    fn only_names_with_a_number_are_of_an_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcap");
        for other in ["a-1.pcap", "a-00001.pcapng", "b-00001.pcap", "a.pcap", "a-0000x.pcap"] {
            fs::write(folder.path().join(other), "").unwrap();
            assert_eq!(earlier(&path), None, "{other}");
        }
        let ours = folder.path().join("a-123456.pcap");
        fs::write(&ours, "").unwrap();
        assert_eq!(earlier(&path), Some(ours));
        assert!(megabytes("0").is_err() && megabytes("x").is_err() && megabytes("nan").is_err());
        assert_eq!(megabytes("1.5"), Ok(1_500_000));
    }
}
