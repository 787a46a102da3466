//! Which processes hold which sockets: the links in /proc/PID/fd (proc_pid_fd(5)).

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Holders of one socket that are named, at most: after fork() thousands of processes may share it.
const NAMED: usize = 16;
/// Descriptors that are looked at in all; a machine with more has its last processes left out.
const DESCRIPTORS: usize = 4_000_000;

/// A process that has a descriptor for a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// The descriptor, the lowest where it has several for the same socket.
    pub descriptor: u32,
    /// What the kernel calls it (comm), 15 octets at most, chosen by whoever runs it.
    pub command: String,
}

/// Who holds a socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Those that are named, by their numbers.
    pub by: Vec<Holder>,
    /// How many there are beyond those.
    pub more: usize,
}

/// The holders of many sockets.
#[derive(Clone, Debug, Default)]
pub struct Holders {
    sockets: HashMap<u32, Held>,
    /// Processes whose descriptors this user may not see.
    pub hidden: usize,
    /// There were more descriptors than are looked at.
    pub incomplete: bool,
}

impl Holders {
    /// Looks for the holders of the sockets with these inodes. Processes that end meanwhile are left out.
    #[must_use]
    pub fn of(inodes: &HashSet<u32>) -> Self {
        let mut found = Self::default();
        let mut left = if inodes.is_empty() { 0 } else { DESCRIPTORS };
        let mut pids: Vec<u32> = numbers(Path::new("/proc")).unwrap_or_default();
        pids.sort_unstable();
        for pid in pids {
            if left == 0 {
                found.incomplete = !inodes.is_empty();
                break;
            }
            found.look(pid, inodes, &mut left);
        }
        found
    }

    /// Who holds the socket with this inode.
    #[must_use]
    pub fn get(&self, inode: u32) -> Option<&Held> {
        self.sockets.get(&inode)
    }

    fn look(&mut self, pid: u32, inodes: &HashSet<u32>, left: &mut usize) {
        let folder = format!("/proc/{pid}");
        let descriptors = match numbers(Path::new(&format!("{folder}/fd"))) {
            Ok(descriptors) => descriptors,
            Err(ErrorKind::PermissionDenied) => {
                self.hidden += 1;
                return;
            }
            Err(_) => return,
        };
        let mut mine: HashMap<u32, u32> = HashMap::new();
        for descriptor in descriptors {
            *left = left.saturating_sub(1);
            let target = fs::read_link(format!("{folder}/fd/{descriptor}")).unwrap_or_default();
            if let Some(inode) = socket_inode(&target).filter(|inode| inodes.contains(inode)) {
                let lowest = mine.entry(inode).or_insert(descriptor);
                *lowest = descriptor.min(*lowest);
            }
        }
        if mine.is_empty() {
            return;
        }
        let command = fs::read(format!("{folder}/comm")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).trim_end_matches('\n').to_owned();
        for (inode, descriptor) in mine {
            let held = self.sockets.entry(inode).or_default();
            if held.by.len() < NAMED {
                held.by.push(Holder { pid, descriptor, command: command.clone() });
            } else {
                held.more += 1;
            }
        }
    }
}

/// The processes that there are.
#[must_use]
pub fn all() -> Vec<u32> {
    numbers(Path::new("/proc")).unwrap_or_default()
}

/// The threads of a process; none where it has ended.
#[must_use]
pub fn threads(process: u32) -> Vec<u32> {
    numbers(Path::new(&format!("/proc/{process}/task"))).unwrap_or_default()
}

/// The system call in which a thread waits: its number on this machine, and its arguments (proc_pid_syscall(5)). None where
/// it waits in none, or where this user may not see it.
#[must_use]
pub fn call_under_way(thread: u32) -> Option<(i64, [u64; 6])> {
    under_way(&fs::read_to_string(format!("/proc/{thread}/syscall")).ok()?)
}

/// `43 0x3 0x0 …`, or `running`.
fn under_way(text: &str) -> Option<(i64, [u64; 6])> {
    let mut words = text.split_whitespace();
    let number = words.next()?.parse().ok().filter(|number| *number >= 0)?;
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
    }
    Some((number, arguments))
}

/// The entries of a folder that are numbers.
fn numbers(folder: &Path) -> Result<Vec<u32>, ErrorKind> {
    let entries = fs::read_dir(folder).map_err(|error| error.kind())?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// The number in `socket:[123]`.
fn socket_inode(target: &Path) -> Option<u32> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn the_call_in_which_a_thread_waits_is_read() {
        let text = "288 0x3 0x0 0x0 0x80000 0x7f00 0xffffffffffffffff 0x7ffd2a 0x7f31\n";
        assert_eq!(under_way(text), Some((288, [3, 0, 0, 0x8_0000, 0x7f00, u64::MAX])));
        for other in ["running\n", "-1 0x7ffd 0x7f31\n", "", "288 0x3\n", "288 3 0 0 0 0 0\n"] {
            assert_eq!(under_way(other), None, "{other}");
        }
    }

    #[test]
    fn a_socket_of_this_process_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let again = listener.try_clone().unwrap();
        let inode = socket_inode(&fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap()).unwrap();
        let holders = Holders::of(&HashSet::from([inode]));
        let held = holders.get(inode).expect("it is held");
        let lowest = listener.as_raw_fd().min(again.as_raw_fd());
        assert_eq!((held.by[0].pid, held.by[0].descriptor), (std::process::id(), lowest.unsigned_abs()));
        assert!(!held.by[0].command.is_empty() && held.more == 0 && !holders.incomplete);
        assert_eq!(holders.get(inode.wrapping_add(1)), None);
    }

    #[test]
    fn only_sockets_are_sockets() {
        let inode = |text: &str| socket_inode(Path::new(text));
        assert_eq!(inode("socket:[17]"), Some(17));
        assert_eq!((inode("pipe:[17]"), inode("socket:[x]"), inode("/socket:[1]")), (None, None, None));
    }
}
