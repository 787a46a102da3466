//! Options of TCP and IPv4: kind, length, data.

use super::Pen;
use crate::wire::{Options, SackBlocks, TcpOption, option_kind};

/// Names of IPv4 options (IANA, "Internet Protocol Version 4 Parameters").
const IP_NAMES: [(u8, &str); 8] = [
    (7, "record route"),
    (68, "timestamp"),
    (130, "security"),
    (131, "loose source route"),
    (136, "stream identifier"),
    (137, "strict source route"),
    (148, "router alert"),
    (205, "flow monitoring"),
];

/// The IPv4 options: so many octets.
pub(super) fn ip(pen: &mut Pen<'_>, length: usize) {
    walk(pen, length, |kind, data| {
        let name = IP_NAMES.iter().find(|(known, _)| *known == kind).map_or("unknown", |(_, name)| *name);
        format!("{name}, {}", data_words(data))
    });
}

/// The TCP options: so many octets.
pub(super) fn tcp(pen: &mut Pen<'_>, length: usize) {
    walk(pen, length, |kind, data| {
        let mut octets = vec![kind, u8::try_from(data.len() + 2).unwrap_or(u8::MAX)];
        octets.extend_from_slice(data);
        match Options(&octets).iter().next() {
            Some(Ok(option)) => tcp_words(option),
            _ => data_words(data),
        }
    });
}

fn walk(pen: &mut Pen<'_>, length: usize, words: impl Fn(u8, &[u8]) -> String) {
    let end = (pen.at + length).min(pen.packet.len());
    while pen.at < end {
        let left = &pen.left()[..end - pen.at];
        match *left {
            [option_kind::NOP, ..] => pen.take(1, "option", "1".to_owned(), "no operation: alignment".to_owned()),
            [option_kind::END, ..] => {
                pen.take(1, "option", "0".to_owned(), "end of the options".to_owned());
                if pen.at < end {
                    pen.take(
                        end - pen.at,
                        "padding",
                        super::super::count((end - pen.at) as u64, "octet"),
                        String::new(),
                    );
                }
            }
            [kind, said, ..] if said >= 2 && usize::from(said) <= left.len() => {
                let meaning = words(kind, &left[2..usize::from(said)]);
                pen.take(usize::from(said), "option", format!("{kind}, {said} long"), meaning);
            }
            [kind, ref rest @ ..] => {
                let said = rest.first().map_or("no length".to_owned(), |said| format!("{said} long"));
                let meaning = "a length that leads nowhere: receivers read no further option".to_owned();
                pen.take(left.len(), "option", format!("{kind}, {said}"), meaning);
            }
            [] => return,
        }
    }
}

fn tcp_words(option: TcpOption<'_>) -> String {
    match option {
        TcpOption::End | TcpOption::Nop => String::new(),
        TcpOption::Mss(size) => format!("maximum segment size {size}: octets of data in one segment to its sender"),
        TcpOption::WindowScale(shift) => format!("window scale: windows count {} octets", scale(shift)),
        TcpOption::SackPermitted => "selective acknowledgments permitted".to_owned(),
        TcpOption::Sack(SackBlocks(data)) => {
            let blocks: Vec<_> = SackBlocks(data).iter().map(|(left, right)| format!("{left} to {right}")).collect();
            format!("arrived beyond a gap: {}", blocks.join(", "))
        }
        TcpOption::Timestamps { value, echo } => format!("timestamps: value {value}, echo {echo}"),
        TcpOption::Md5(data) => format!("MD5 signature, {}", data_words(data)),
        TcpOption::Ao(data) => format!("authentication, {}", data_words(data)),
        TcpOption::UserTimeout(value) => {
            format!("user timeout {} {}", value & 0x7fff, if value & 0x8000 == 0 { "s" } else { "min" })
        }
        TcpOption::Mptcp(data) => format!("Multipath TCP, {}", data_words(data)),
        TcpOption::FastOpen([]) => "Fast Open: asks for a cookie".to_owned(),
        TcpOption::FastOpen(cookie) => format!("Fast Open cookie, {}", data_words(cookie)),
        TcpOption::Other { kind: option_kind::EXPERIMENT_1 | option_kind::EXPERIMENT_2, data } => {
            format!("experiment, {}", data_words(data))
        }
        TcpOption::Other { data, .. } => format!("not known, or not with this length: {}", data_words(data)),
    }
}

/// What one unit of a scaled window stands for; RFC 7323 section 2.3 caps the shift at 14.
fn scale(shift: u8) -> String {
    let used = 1_u32 << shift.min(14);
    if shift > 14 { format!("{used} (14 is the most)") } else { used.to_string() }
}

fn data_words(data: &[u8]) -> String {
    const MOST: usize = 16;
    if data.is_empty() {
        return "no data".to_owned();
    }
    let digits: String = data.iter().take(MOST).map(|octet| format!("{octet:02x}")).collect();
    format!("{digits}{}", if data.len() > MOST { "…" } else { "" })
}
