//! A trace buffer of our own with tracepoints in it, and its records.

use std::collections::HashMap;
use std::io::{self, ErrorKind};

use super::format::Format;
use super::instance::Instance;
use super::points::{CALLS, Point, SystemCall};
use super::record::{Record, What};
use crate::sys::{Error, Result, clock, processes};
use crate::wire::Time;

/// How a record is read.
#[derive(Clone, Copy)]
enum Reader {
    Point(fn(&Format, &[u8]) -> Option<What>),
    Enter(&'static str),
    Exit(&'static str),
}

/// One tracepoint that records here.
struct Entry {
    format: Format,
    reader: Reader,
}

/// A buffer and the tracepoints that write into it.
pub(super) struct Buffer {
    instance: Instance,
    entries: HashMap<u16, Entry>,
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer").field("instance", &self.instance).field("tracepoints", &self.entries.len()).finish()
    }
}

/// The field behind which the arguments of a system call stand.
const NUMBER: &str = "__syscall_nr";

const fn failed(source: io::Error) -> Error {
    Error::NoTrace { source }
}

fn strange(what: String) -> Error {
    failed(io::Error::new(ErrorKind::InvalidData, what))
}

impl Buffer {
    /// One with `kib` KiB for each CPU, in which nothing is recorded yet.
    pub(super) fn create(kib: usize) -> Result<Self> {
        Ok(Self { instance: Instance::create(kib)?, entries: HashMap::new() })
    }

    /// Records only what these threads do, and all that they make.
    pub(super) fn only_of(&self, tasks: &[u32]) -> Result<()> {
        let list = tasks.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        self.instance.write("set_event_pid", &list).map_err(failed)?;
        self.instance.write("options/event-fork", "1").map_err(failed)
    }

    /// Records nothing of what the calling thread does, as well.
    pub(super) fn not_this_thread(&self) -> Result<()> {
        let own = rustix::thread::gettid().as_raw_nonzero();
        self.instance.append("set_event_notrace_pid", &own.to_string()).map_err(failed)
    }

    /// Records nothing of what this process does, nor its threads to come.
    pub(super) fn not_this_process(&self) -> Result<()> {
        let threads = processes::threads(std::process::id());
        let list = threads.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        self.instance.append("set_event_notrace_pid", &list).map_err(failed)?;
        self.instance.write("options/event-fork", "1").map_err(failed)
    }

    /// Records these tracepoints from now on; those that are not needed are passed over where there are none.
    pub(super) fn add(&mut self, points: &[Point]) -> Result<()> {
        for point in points {
            match self.try_add(point) {
                Err(error) if point.needed => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn try_add(&mut self, point: &Point) -> Result<()> {
        let format = self.format(point.path)?;
        if let Some(field) = format.lacks(point.fields) {
            return Err(strange(format!("the tracepoint {} has no field {field}", point.path)));
        }
        if let Some(filter) = point.filter {
            self.instance.write(&format!("events/{}/filter", point.path), filter).map_err(failed)?;
        }
        self.insert(point.path, format, Reader::Point(point.read))
    }

    /// Records nothing of this tracepoint whose reason is one of these, from now on.
    pub(super) fn leave_out(&self, path: &str, reasons: &[&str]) -> Result<()> {
        let all = self.reasons(path);
        let unwanted = all.iter().filter(|(_, name)| reasons.contains(&name.as_str()));
        let filter = unwanted.map(|(number, _)| format!("reason != {number}")).collect::<Vec<_>>().join(" && ");
        if filter.is_empty() {
            return Ok(());
        }
        self.instance.write(&format!("events/{path}/filter"), &filter).map_err(failed)
    }

    /// Records system calls from now on, those that this kernel has.
    pub(super) fn add_calls(&mut self) -> Result<()> {
        for SystemCall { name, filter, returns } in CALLS {
            let enter = format!("syscalls/sys_enter_{name}");
            if let Some(filter) = filter
                && self.instance.write(&format!("events/{enter}/filter"), filter).is_err()
            {
                continue;
            }
            let exit = returns.then(|| (format!("syscalls/sys_exit_{name}"), Reader::Exit(name)));
            for (path, reader) in [(enter, Reader::Enter(name))].into_iter().chain(exit) {
                if let Ok(format) = self.format(&path) {
                    self.insert(&path, format, reader)?;
                }
            }
        }
        Ok(())
    }

    fn format(&self, path: &str) -> Result<Format> {
        let text = self.instance.read(&format!("events/{path}/format")).map_err(failed)?;
        Format::parse(&text).ok_or_else(|| strange(format!("the tracepoint {path} has no number")))
    }

    fn insert(&mut self, path: &str, format: Format, reader: Reader) -> Result<()> {
        self.entries.insert(format.id(), Entry { format, reader });
        self.instance.write(&format!("events/{path}/enable"), "1").map_err(failed)
    }

    /// Appends what was recorded since the last call.
    pub(super) fn read(&mut self, records: &mut Vec<Record>) -> Result<()> {
        let offset = clock::offset_of_monotonic();
        let entries = &self.entries;
        let read = self.instance.drain(|time, octets| {
            let time = Time::from_nanos(i64::try_from(time).unwrap_or(i64::MAX).saturating_add(offset));
            records.extend(record(entries, time, octets));
        });
        read.map_err(|source| Error::os("read the kernel's trace", source))
    }

    /// How many records were lost because the buffer was full.
    pub(super) fn lost(&self) -> Result<u64> {
        self.instance.lost().map_err(|source| Error::os("ask how much of the kernel's trace was lost", source))
    }

    /// The reasons that this tracepoint may give, and their numbers; empty where there is no such tracepoint.
    pub(super) fn reasons(&self, path: &str) -> Vec<(u64, String)> {
        self.format(path).map_or_else(|_| Vec::new(), Format::into_reasons)
    }
}

fn record(entries: &HashMap<u16, Entry>, time: Time, octets: &[u8]) -> Option<Record> {
    // Every record begins with the number of its tracepoint.
    let Entry { format, reader } = entries.get(&u16::from_ne_bytes(*octets.first_chunk()?))?;
    let what = match reader {
        Reader::Point(read) => read(format, octets)?,
        Reader::Enter(call) => What::Entered { call, arguments: format.after(octets, NUMBER) },
        Reader::Exit(call) => {
            What::Returned { call, result: i64::from_ne_bytes(format.number(octets, "ret")?.to_ne_bytes()) }
        }
    };
    let task = u32::try_from(format.number(octets, "common_pid")?).ok()?;
    Some(Record { time, task, what })
}
