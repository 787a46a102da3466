//! The cable, and the captures that are played onto it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::sys::{self, Namespace, link, namespace};
use rawshake::wire::{LinkType, Packet, Time};

/// The interface that everybody sends through.
pub(crate) const NEAR: &str = "near";
/// Its other end.
pub(crate) const FAR: &str = "far";

/// Moves this thread to the near end of a new cable; gives the namespace of the far end.
pub(crate) fn make() -> sys::Result<Namespace> {
    namespace::enter_new()?;
    let far = std::thread::scope(|scope| {
        let made = scope.spawn(|| namespace::enter_new_network().and_then(|()| Namespace::current()));
        made.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let (near, other) =
        (link::Plug { name: NEAR, mac: [2, 0, 0, 0, 0, 1] }, link::Plug { name: FAR, mac: [2, 0, 0, 0, 0, 2] });
    link::create_cable(near, other, &far)?;
    let up = |name: &str| link::offloads_off(name).and_then(|()| link::set_up(name));
    up(NEAR)?;
    far.run(|| up(FAR))??;
    Ok(far)
}

/// A frame with an UDP datagram in it, for a station that is not there.
pub(crate) fn frame(octets: usize) -> Vec<u8> {
    let mut frame = vec![0; octets];
    frame[..14].copy_from_slice(&[2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x08, 0x00]);
    let length = (octets - 14) as u16;
    frame[14..34].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 9]);
    frame[16..18].copy_from_slice(&length.to_be_bytes());
    frame
}

/// Writes a capture of such frames, each so long after the one before.
pub(crate) fn capture(folder: &Path, octets: usize, gaps: impl Iterator<Item = Duration>) -> io::Result<PathBuf> {
    let path = folder.join(format!("{octets}.pcap"));
    let mut writer = CaptureWriter::new(io::BufWriter::new(File::create(&path)?), Format::Pcap)?;
    let (frame, mut time) = (frame(octets), Time::from_parts(1_700_000_000, 0));
    for gap in gaps {
        time = time + gap;
        writer.write(&Packet { time, link: LinkType::ETHERNET, original_len: octets as u32, bytes: &frame })?;
    }
    writer.finish()?;
    Ok(path)
}

/// All that a program says; an error of kind `NotFound` where it is not installed.
pub(crate) fn run(program: &str, arguments: &[&str], file: &Path) -> io::Result<String> {
    let output = Command::new(program).args(arguments).arg(file).stdin(Stdio::null()).output();
    let output = output.map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    if output.status.success() { Ok(said) } else { Err(io::Error::other(format!("{program}: {said}"))) }
}
