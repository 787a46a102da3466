//! Whose rules packets of this network namespace pass: the tables of nftables, and those of the older iptables.

use std::fs;
use std::io;

use netlink_sys::protocols::NETLINK_NETFILTER;

use super::{Error, Result, netlink};

/// `NFNL_SUBSYS_NFTABLES` of linux/netfilter/nfnetlink.h, with `NFT_MSG_NEWTABLE` and `NFT_MSG_GETTABLE` of nf_tables.h.
const NEW_TABLE: u16 = 10 << 8;
const GET_TABLE: u16 = NEW_TABLE | 1;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;
/// `NFTA_TABLE_NAME`.
const TABLE_NAME: u16 = 1;
/// `NLMSG_ERROR` and `NLMSG_DONE`.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Octets of `struct nlmsghdr`, and of that and the `struct nfgenmsg` behind it.
const HEADER: usize = 16;
const HEADERS: usize = 20;

/// Families of tables, as nft(8) calls them.
const FAMILIES: [(u8, &str); 6] = [(1, "inet"), (2, "ip"), (3, "arp"), (5, "netdev"), (7, "bridge"), (10, "ip6")];

/// Where the older iptables tells its tables.
const OLDER: [(&str, &str); 2] =
    [("/proc/net/ip_tables_names", "iptables"), ("/proc/net/ip6_tables_names", "ip6tables")];

/// The tables there are, as `inet filter`. Needs CAP_NET_ADMIN.
///
/// # Errors
/// [`Error::NotPermitted`]. A kernel without nftables has no tables of it.
pub fn tables() -> Result<Vec<String>> {
    let newer = match nftables() {
        Err(source) if is_absent(&source) => Vec::new(),
        tables => tables.map_err(|source| Error::os("ask for the tables of the firewall", source))?,
    };
    let older = OLDER.iter().flat_map(|(file, program)| {
        let names = fs::read_to_string(file).unwrap_or_default();
        names.lines().map(|name| format!("{program} {name}")).collect::<Vec<_>>()
    });
    Ok(newer.into_iter().chain(older).collect())
}

/// Not built in, or not loaded.
fn is_absent(source: &io::Error) -> bool {
    matches!(source.raw_os_error(), Some(libc::EINVAL | libc::EPROTONOSUPPORT | libc::EOPNOTSUPP | libc::ENOENT))
}

fn nftables() -> io::Result<Vec<String>> {
    let socket = netlink::open(NETLINK_NETFILTER)?;
    socket.send(&question(), 0)?;
    let mut tables = Vec::new();
    while !collect(&netlink::receive(&socket)?, &mut tables)? {}
    Ok(tables)
}

/// `struct nlmsghdr` and a `struct nfgenmsg` for all families.
fn question() -> [u8; HEADERS] {
    let mut octets = [0; HEADERS];
    octets[..4].copy_from_slice(&(HEADERS as u32).to_ne_bytes());
    octets[4..6].copy_from_slice(&GET_TABLE.to_ne_bytes());
    octets[6..8].copy_from_slice(&DUMP.to_ne_bytes());
    octets
}

/// Takes the tables out of one datagram; true at the end of all.
fn collect(mut datagram: &[u8], tables: &mut Vec<String>) -> io::Result<bool> {
    while let Some(length) = word(datagram) {
        let message = datagram.get(HEADER..length).filter(|_| length >= HEADER).ok_or(io::ErrorKind::InvalidData)?;
        match half(&datagram[4..]) {
            Some(DONE) => return Ok(true),
            Some(ERROR) => {
                let code = message.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code));
                return if code == 0 { Ok(true) } else { Err(io::Error::from_raw_os_error(-code)) };
            }
            Some(NEW_TABLE) => tables.extend(table(message)),
            _ => {}
        }
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// Family and name in a message about a table.
fn table(message: &[u8]) -> Option<String> {
    let family = *message.first()?;
    let family = FAMILIES.iter().find(|(number, _)| *number == family).map_or("?", |(_, name)| name);
    let mut attributes = message.get(HEADERS - HEADER..)?;
    while let (Some(length), Some(kind)) = (half(attributes), half(attributes.get(2..)?)) {
        let length = usize::from(length).max(4);
        let value = attributes.get(4..length)?;
        if kind == TABLE_NAME {
            let name = value.strip_suffix(&[0]).unwrap_or(value);
            return Some(format!("{family} {}", String::from_utf8_lossy(name)));
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn word(octets: &[u8]) -> Option<usize> {
    octets.first_chunk().map(|octets| u32::from_ne_bytes(*octets) as usize)
}

fn half(octets: &[u8]) -> Option<u16> {
    octets.first_chunk().map(|octets| u16::from_ne_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = (HEADER + body.len()) as u32;
        let mut octets = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], body].concat();
        octets.resize(octets.len().next_multiple_of(4), 0);
        octets
    }

    #[test]
    fn tables_are_read_off_the_answers() {
        let name = [11u16.to_ne_bytes(), TABLE_NAME.to_ne_bytes()].concat();
        let inet = [&[1, 0, 0, 0][..], &[8, 0, 2, 0, 0, 0, 0, 0], &name, b"filter\0"].concat();
        let datagram = [message(NEW_TABLE, &inet), message(DONE, &[0; 4])].concat();
        let mut tables = Vec::new();
        assert!(collect(&datagram, &mut tables).unwrap());
        assert_eq!(tables, ["inet filter"]);
    }

    #[test]
    fn refusals_and_damage_are_errors() {
        let refused = message(ERROR, &(-libc::EPERM).to_ne_bytes());
        assert_eq!(collect(&refused, &mut Vec::new()).unwrap_err().raw_os_error(), Some(libc::EPERM));
        assert!(collect(&[3, 0, 0, 0, 0, 0], &mut Vec::new()).is_err());
        assert!(collect(&100u32.to_ne_bytes(), &mut Vec::new()).is_err());
        assert!(!collect(&message(NEW_TABLE, &[1]), &mut Vec::new()).unwrap());
    }
}
