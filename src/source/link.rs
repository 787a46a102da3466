//! The three numberings of link types: files (LINKTYPE_…), this system's libpcap (DLT_…), and files that carry a DLT.

use crate::wire::LinkType;

/// DLT_RAW as Linux numbers it.
pub(super) const DLT_RAW: i32 = 12;

/// Numbers that differ: in files, and in libpcap on Linux.
const DIFFERENT: [(LinkType, i32); 4] =
    [(LinkType(100), 11), (LinkType::RAW, DLT_RAW), (LinkType(102), 15), (LinkType(103), 16)];

/// The link type that a number in a file means. Some capturers wrote their system's DLT_RAW (12, or 14 on OpenBSD)
/// where LINKTYPE_RAW belongs; no LINKTYPE has these numbers.
pub(super) fn from_file(number: u16) -> LinkType {
    match number {
        12 | 14 => LinkType::RAW,
        other => LinkType(other),
    }
}

/// The link type of a DLT of libpcap on Linux; none when it has no number in files.
pub(super) fn from_dlt(dlt: i32) -> Option<LinkType> {
    match DIFFERENT.iter().find(|(_, number)| *number == dlt) {
        Some((link, _)) => Some(*link),
        None => u16::try_from(dlt).ok().map(LinkType),
    }
}

/// The DLT of libpcap on Linux for a link type.
pub(super) fn to_dlt(link: LinkType) -> i32 {
    DIFFERENT.iter().find(|(file, _)| *file == link).map_or(i32::from(link.0), |(_, dlt)| *dlt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_ip_is_one_link_type_by_all_its_numbers() {
        assert_eq!([12, 14, 101].map(from_file), [LinkType::RAW; 3]);
        assert_eq!(from_dlt(12), Some(LinkType::RAW));
        assert_eq!(to_dlt(LinkType::RAW), 12);
    }

    #[test]
    fn other_numbers_stay() {
        for link in [LinkType::NULL, LinkType::ETHERNET, LinkType::LINUX_SLL2, LinkType(147)] {
            assert_eq!(from_file(link.0), link);
            assert_eq!(from_dlt(to_dlt(link)), Some(link));
        }
        assert_eq!(from_dlt(-1), None);
    }
}
