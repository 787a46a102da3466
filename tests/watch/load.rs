//! Many connections at once on a cable, frame by frame, and the list of them: the traffic is our own, so that it is known
//! what has to be seen.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use rawshake::sys::transmit::{Aim, Block, Transmitter, Via};
use rawshake::sys::{self, Interface, Namespace, link, namespace};
use rawshake::wire::Time;

/// The end that is watched.
pub(crate) const NEAR: link::Plug<'_> = link::Plug { name: "near", mac: [2, 0, 0, 0, 0, 1] };
/// The end at which frames go in.
const FAR: link::Plug<'_> = link::Plug { name: "far", mac: [2, 0, 0, 0, 0, 2] };
const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 2), 80);
/// The address of the first client.
const FIRST: u32 = 0x0a00_0001;
/// Octets of data in a segment.
const DATA: usize = 30;
const ETHERNET: usize = 14;
const HEADERS: usize = 40;
const SYN: u8 = 2;
const FIN: u8 = 1;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// Makes a cable, whose near end belongs to this thread; gives the namespace of the far end.
pub(crate) fn cable() -> sys::Result<Namespace> {
    let far = std::thread::scope(|scope| {
        let made = scope.spawn(|| namespace::enter_new_network().and_then(|()| Namespace::current()));
        made.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    link::create_cable(NEAR, FAR, &far)?;
    let up = |name: &str| link::offloads_off(name).and_then(|()| link::set_up(name));
    up(NEAR.name)?;
    far.run(|| up(FAR.name))??;
    Ok(far)
}

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Connections that are open at once.
    pub(crate) at_once: u32,
    /// Connections in all, a multiple of that.
    pub(crate) connections: u32,
    /// Pairs of segments with data in each, one from each side.
    pub(crate) pairs: u32,
    /// Frames a second; 0 for as many as there can be.
    pub(crate) rate: u32,
}

impl Load {
    /// Segments of a connection: three to open and three to close beside the data.
    pub(crate) const fn segments(&self) -> u32 {
        3 + 2 * self.pairs + 3
    }
}

/// The client of a connection, by its number from 0.
pub(crate) fn client(number: u32, load: &Load) -> SocketAddr {
    let (slot, generation) = (number % load.at_once, number / load.at_once);
    let port = 1024 + u16::try_from(generation % 60_000).expect("it is less");
    SocketAddrV4::new(Ipv4Addr::from(FIRST + slot), port).into()
}

/// The number that a client has; of those with the same name the first.
#[allow(dead_code, reason = "the bench asks")]
pub(crate) fn number(client: SocketAddr, load: &Load) -> Option<u32> {
    let SocketAddr::V4(client) = client else { return None };
    let slot = u32::from(*client.ip()).checked_sub(FIRST)?;
    let generation = u32::from(client.port()).checked_sub(1024)?;
    generation.checked_mul(load.at_once)?.checked_add(slot).filter(|_| slot < load.at_once)
}

/// Sends all of it from the far end, and calls `meanwhile` about a hundred times a second; gives the frames that went out.
pub(crate) fn send(far: &Namespace, load: Load, meanwhile: impl Fn() + Sync + Send) -> u64 {
    send_steps(far, load, load.segments(), meanwhile)
}

/// Sends nothing but the SYNs.
pub(crate) fn flood(far: &Namespace, load: Load) -> u64 {
    send_steps(far, load, 1, || ())
}

/// Sends the first segments of each connection, so many.
fn send_steps(far: &Namespace, load: Load, steps: u32, meanwhile: impl Fn() + Sync + Send) -> u64 {
    let work = || {
        let interface = Interface::named(FAR.name).expect("an interface");
        let open = |(via, ..): &(Via, &str, &str)| Transmitter::open(&interface, *via, Aim::Speed).ok();
        let mut transmitter = Via::ALL.iter().find_map(open).expect("a way to send");
        let mut block = transmitter.take_blocks().remove(0);
        let (start, mut sent, mut told) = (Instant::now(), 0_u64, Instant::now());
        for generation in 0..load.connections / load.at_once {
            for step in 0..steps {
                for slot in 0..load.at_once {
                    put(&mut block, client(generation * load.at_once + slot, &load), segment(step, load.pairs));
                    let is_last = slot + 1 == load.at_once;
                    if is_last || block.packets().len() == transmitter.at_once() {
                        sent += flush(&mut transmitter, &mut block);
                        pace(start, sent, load.rate);
                        if told.elapsed() > Duration::from_millis(10) {
                            meanwhile();
                            told = Instant::now();
                        }
                    }
                }
            }
        }
        sent
    };
    far.run(work).expect("the far end")
}

fn pace(start: Instant, sent: u64, rate: u32) {
    if rate == 0 {
        return;
    }
    let due = Duration::from_secs_f64(sent as f64 / f64::from(rate));
    if let Some(left) = due.checked_sub(start.elapsed()).filter(|left| *left > Duration::from_millis(1)) {
        std::thread::sleep(left);
    }
}

fn flush(transmitter: &mut Transmitter, block: &mut Block) -> u64 {
    let all = block.packets().len();
    let mut given = 0;
    while given < all {
        given += transmitter.send(block, given..all).expect("a frame goes out");
    }
    block.clear();
    all as u64
}

/// A segment of a connection: who sends it, its flags, its numbers counted from the ISNs, and whether it has data.
fn segment(step: u32, pairs: u32) -> (bool, u8, u32, u32, bool) {
    let data = DATA as u32;
    let end = 1 + pairs * data;
    match step {
        0 => (true, SYN, 0, 0, false),
        1 => (false, SYN | ACK, 0, 1, false),
        2 => (true, ACK, 1, 1, false),
        _ if step < 3 + 2 * pairs => {
            let (pair, answers) = ((step - 3) / 2, (step - 3) % 2);
            (answers == 0, PSH | ACK, 1 + pair * data, 1 + (pair + answers) * data, true)
        }
        _ => match step - 3 - 2 * pairs {
            0 => (true, FIN | ACK, end, end, false),
            1 => (false, FIN | ACK, end, end + 1, false),
            _ => (true, ACK, end + 1, end + 1, false),
        },
    }
}

/// Writes a frame with good checksums into the block.
fn put(block: &mut Block, client: SocketAddr, (from_client, flags, seq, ack, has_data): (bool, u8, u32, u32, bool)) {
    let SocketAddr::V4(client) = client else { return };
    let (source, destination) = if from_client { (client, SERVER) } else { (SERVER, client) };
    let length = HEADERS + if has_data { DATA } else { 0 };
    let frame = block.room(ETHERNET + length).expect("the block was cleared in time");
    let (ethernet, ip) = frame.split_at_mut(ETHERNET);
    ethernet.copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    ip.fill(b'x');
    ip[..12].copy_from_slice(&[0x45, 0, 0, length as u8, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    ip[12..16].copy_from_slice(&source.ip().octets());
    ip[16..20].copy_from_slice(&destination.ip().octets());
    let sum = checksum(&ip[..20], 0);
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    ip[20..22].copy_from_slice(&source.port().to_be_bytes());
    ip[22..24].copy_from_slice(&destination.port().to_be_bytes());
    // Each side's ISN is another, and follows from the client's port.
    let isn = |of_client: bool| u32::from(client.port()) << 8 | u32::from(of_client);
    ip[24..28].copy_from_slice(&isn(from_client).wrapping_add(seq).to_be_bytes());
    let acknowledged = if flags & ACK == 0 { 0 } else { isn(!from_client).wrapping_add(ack) };
    ip[28..32].copy_from_slice(&acknowledged.to_be_bytes());
    ip[32..40].copy_from_slice(&[5 << 4, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    let pseudo = ip[12..20].chunks(2).map(word).sum::<u32>() + 6 + (length - 20) as u32;
    let sum = checksum(&ip[20..], pseudo);
    ip[36..38].copy_from_slice(&sum.to_be_bytes());
    block.push(ETHERNET + length, Time::from_nanos(0), Duration::ZERO);
}

fn word(octets: &[u8]) -> u32 {
    u32::from(octets[0]) << 8 | octets.get(1).map_or(0, |octet| u32::from(*octet))
}

/// RFC 1071.
fn checksum(octets: &[u8], start: u32) -> u16 {
    let mut sum = octets.chunks(2).map(word).sum::<u32>() + start;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
