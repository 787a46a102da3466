//! A cable between two network namespaces: the program sends at one end, libpcap hears at the other. Neither end has an
//! address, so no kernel says anything.

use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::source::{CaptureFile, Live, LiveOptions, Source};
use rawshake::sys::{self, Interface, Namespace, link, namespace, poll};
use rawshake::wire::{LinkType, Packet, Time};

use crate::common::{self, in_own_network};

pub(crate) use crate::common::support::program::Said;

/// The interface through which the program sends.
pub(crate) const NEAR: link::Plug<'_> = link::Plug { name: "near", mac: [2, 0, 0, 0, 0, 1] };
const FAR: link::Plug<'_> = link::Plug { name: "far", mac: [2, 0, 0, 0, 0, 2] };

/// What is not there after so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A packet of a capture, or one that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) time: Time,
    pub(crate) link: LinkType,
    pub(crate) original_len: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Kept {
    /// A whole Ethernet frame.
    pub(crate) fn ethernet(time: Time, bytes: Vec<u8>) -> Self {
        Self { time, link: LinkType::ETHERNET, original_len: bytes.len() as u32, bytes }
    }
}

/// A cable whose far end is listened to.
pub(crate) struct Cable {
    far: Namespace,
    /// Asks for so many frames.
    wanted: Option<Sender<usize>>,
    heard: Receiver<Vec<Kept>>,
    thread: Option<JoinHandle<()>>,
}

/// Runs a test on this thread at the near end of a new cable, or skips it.
pub(crate) fn on_cable(test: impl FnOnce(&Cable)) {
    in_own_network(|| {
        let ready = std::thread::scope(|scope| {
            let made = scope.spawn(|| {
                namespace::enter_new_network()?;
                Ok::<_, sys::Error>([Namespace::current()?, Namespace::current()?])
            });
            made.join().expect("no panic").expect("a second namespace")
        });
        let [ready, far] = ready;
        link::create_cable(NEAR, FAR, &ready).expect("a cable");
        for name in ["near", "far"] {
            // Super-segments, as captures hold them, are longer than 1500 octets.
            let up = || {
                let mtu = Command::new("ip").args(["link", "set", name, "mtu", "65535"]).status();
                link::offloads_off(name).and_then(|()| link::set_up(name)).map(|()| mtu)
            };
            let mtu = if name == "near" { up() } else { ready.run(up).expect("the far end") };
            match mtu.expect("an interface") {
                Ok(status) => assert!(status.success(), "ip link set {name} mtu 65535"),
                Err(error) => return common::skip(&format!("ip: {error}")),
            }
        }
        test(&Cable::listen(ready, far));
    });
}

impl Cable {
    fn listen(ears: Namespace, far: Namespace) -> Self {
        let ((wanted, asked), (answer, heard)) = (channel(), channel());
        let (ready, is_ready) = channel();
        let body = move || {
            ears.enter().expect("the far end");
            let options = LiveOptions { buffer_size: 64 << 20, promiscuous: true, ..LiveOptions::default() };
            let mut live = Live::open("far", None, options).expect("a capture at the far end");
            ready.send(()).expect("the test");
            for count in asked {
                let frames = hear(&mut live, count);
                assert_eq!(live.dropped().expect("statistics"), 0, "the test itself loses nothing");
                answer.send(frames).expect("the test");
            }
        };
        let thread = std::thread::spawn(body);
        is_ready.recv().expect("the far end listens");
        Self { far, wanted: Some(wanted), heard, thread: Some(thread) }
    }

    /// Brings the far end up or down.
    pub(crate) fn set_far(&self, state: &str) {
        let ip = || Command::new("ip").args(["link", "set", FAR.name, state]).status().expect("ip");
        assert!(self.far.run(ip).expect("the far end").success());
    }

    /// Waits until the far end has received a frame more, heard or not.
    pub(crate) fn wait_for_frames(&self) {
        let received = || {
            let far = self.far.run(|| Interface::named(FAR.name));
            far.expect("the far end").expect("its interface").received
        };
        let before = received();
        let came = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            received() > before
        });
        assert!(came, "nothing was sent");
    }

    /// What was heard since the last call: waits for `count` frames, and gives more if there are more.
    pub(crate) fn heard(&self, count: usize) -> Vec<Kept> {
        self.wanted.as_ref().expect("a listener").send(count).expect("a listener");
        self.heard.recv().expect("a listener")
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        drop(self.wanted.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

fn hear(live: &mut Live, count: usize) -> Vec<Kept> {
    let mut frames = Vec::new();
    loop {
        while let Some(packet) = live.next().expect("a capture") {
            frames.push(kept(&packet));
        }
        if frames.len() >= count || poll::wait(&[live.as_fd()], Some(PATIENCE)).expect("poll").is_empty() {
            return frames;
        }
    }
}

fn kept(packet: &Packet<'_>) -> Kept {
    Kept { time: packet.time, link: packet.link, original_len: packet.original_len, bytes: packet.bytes.to_vec() }
}

/// The packets of a capture file.
pub(crate) fn packets(path: &Path) -> Vec<Kept> {
    let mut file = CaptureFile::open(path).expect("a capture");
    let mut packets = Vec::new();
    while let Some(packet) = file.next().expect("a packet") {
        packets.push(kept(&packet));
    }
    packets
}

/// Writes a capture file of these packets into `folder`.
pub(crate) fn write(folder: &Path, name: &str, packets: &[Kept]) -> PathBuf {
    let path = folder.join(name);
    let file = std::fs::File::create(&path).expect("a file");
    let mut writer = CaptureWriter::new(file, Format::PcapNg).expect("a capture");
    for Kept { time, link, original_len, bytes } in packets {
        let packet = Packet { time: *time, link: *link, original_len: *original_len, bytes };
        writer.write(&packet).expect("a packet");
    }
    writer.finish().expect("a capture");
    path
}

/// The files in captures/, in the order of their names.
pub(crate) fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = std::fs::read_dir(folder).expect("captures").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "pcap")).collect();
    files.sort();
    assert!(files.len() > 100, "{} captures", files.len());
    files
}

/// `rawshake replay FILE` with these arguments, separated by blanks.
pub(crate) fn command(file: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rawshake"));
    command.arg("replay").arg(file).args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn replay(file: &Path, arguments: &str) -> Said {
    Said::of(command(file, arguments).output().expect("the program"))
}

/// The octets alone.
pub(crate) fn bytes(packets: &[Kept]) -> Vec<&[u8]> {
    packets.iter().map(|packet| &*packet.bytes).collect()
}
