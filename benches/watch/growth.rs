//! One long run of `rawshake watch --list`: its memory over time, and at the end what it told, held against what was sent:
//! each frame by number, each connection by its name in the generator's own list.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Error, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rawshake::explain::grouped;
use rawshake::sys::{Interface, Namespace};

use crate::load::{self, Load, NEAR};
use crate::mib;
use crate::watcher::{CONTENDERS, Watcher};

/// Between two looks at its memory.
const LOOK: Duration = Duration::from_secs(60);

/// Runs it under this load.
///
/// # Errors
/// What could not be started or written, and a loss of anything.
pub(crate) fn run(load: Load, far: &Namespace, folder: &Path, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let list = folder.join("listed.txt");
    let Some(watcher) = Watcher::start(&CONTENDERS[0], NEAR.name, folder, &list)? else { return Ok(()) };
    let begun = Instant::now();
    let looks = Mutex::new((Instant::now(), out));
    look(&watcher, begun, &mut *looks.lock().expect("no panic").1)?;
    let meanwhile = || {
        let (last, out) = &mut *looks.lock().expect("no panic");
        if last.elapsed() >= LOOK {
            *last = Instant::now();
            // What cannot be written now cannot be written at the end.
            let _ = look(&watcher, begun, *out);
        }
    };
    let sent = load::send(far, load, meanwhile);
    let took = begun.elapsed().as_secs_f64();
    let (_, out) = looks.into_inner().expect("no panic");
    look(&watcher, begun, out)?;
    let arrived = Interface::named(NEAR.name).map_err(Error::other)?.received;
    let said = watcher.stop()?;
    let (seen, dropped) = (said.packets.unwrap_or(0), said.dropped.unwrap_or(u64::MAX));
    let rate = grouped((sent as f64 / took) as u64);
    writeln!(out, "frames: {} sent, {rate} a second; {} arrived", grouped(sent), grouped(arrived))?;
    writeln!(out, "        {} seen, {} dropped by the kernel", grouped(seen), grouped(dropped))?;
    let (listed, others) = listed(&list, &load)?;
    let connections = u64::from(load.connections);
    writeln!(out, "connections: {} sent, {} of them listed", grouped(connections), grouped(listed))?;
    writeln!(out, "        {} rows that are none of them, or one again", grouped(others))?;
    let is_whole = (arrived, seen, dropped, listed, others) == (sent, sent, 0, connections, 0);
    if is_whole { Ok(()) } else { Err(Error::other("something was lost")) }
}

/// Writes what it takes now.
fn look(watcher: &Watcher, begun: Instant, out: &mut dyn Write) -> io::Result<()> {
    let cost = watcher.cost()?;
    let (seconds, own, resident) = (begun.elapsed().as_secs(), mib(cost.own), mib(cost.resident));
    let processor = cost.processor.as_secs_f64();
    writeln!(
        out,
        "{seconds:>4} s  {own:>6.1} MiB of its own, {resident:>6.1} resident  {processor:>6.1} s of processors"
    )
}

/// How many of the connections that were sent have a row, and how many rows there are beside these.
fn listed(list: &Path, load: &Load) -> io::Result<(u64, u64)> {
    let mut is_listed = vec![false; load.connections as usize];
    let mut others = 0;
    for row in BufReader::new(File::open(list)?).lines().skip(1) {
        let row = row?;
        let client = row.split_whitespace().nth(1).and_then(|word| word.parse::<SocketAddr>().ok());
        match client.and_then(|client| is_listed.get_mut(number(client, load)?)) {
            Some(is_listed) if !*is_listed => *is_listed = true,
            _ => others += 1,
        }
    }
    Ok((is_listed.iter().filter(|is_listed| **is_listed).count() as u64, others))
}

/// The number of the connection that has this client.
fn number(client: SocketAddr, load: &Load) -> Option<usize> {
    let number = load::number(client, load)?;
    (load::client(number, load) == client).then_some(number as usize)
}
