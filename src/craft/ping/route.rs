//! The way that routers recorded in the options of an IPv4 header (RFC 791 section 3.1, record route).

use std::net::Ipv4Addr;

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const RECORD_ROUTE: u8 = 7;

/// The addresses in the first record-route option; none where there is no such option, or it cannot be read.
pub(super) fn recorded(options: &[u8]) -> Vec<Ipv4Addr> {
    let mut rest = options;
    while let [kind, tail @ ..] = rest {
        match (*kind, tail) {
            (END, _) => break,
            (NO_OPERATION, _) => rest = tail,
            (kind, [length, ..]) if usize::from(*length) >= 2 && usize::from(*length) <= rest.len() => {
                let (option, after) = rest.split_at(usize::from(*length));
                if kind == RECORD_ROUTE {
                    return addresses(option);
                }
                rest = after;
            }
            _ => break,
        }
    }
    Vec::new()
}

/// Type, length, a pointer to the first free octet (counted from 1), and four octets for each address.
fn addresses(option: &[u8]) -> Vec<Ipv4Addr> {
    let [_, _, pointer, data @ ..] = option else { return Vec::new() };
    let used = usize::from(*pointer).saturating_sub(4).min(data.len());
    let (addresses, _) = data[..used].as_chunks::<4>();
    addresses.iter().map(|octets| Ipv4Addr::from(*octets)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(pointer: u8) -> Vec<u8> {
        [&[1, 7, 11, pointer][..], &[192, 0, 2, 1, 192, 0, 2, 2]].concat()
    }

    #[test]
    fn as_far_as_the_pointer_says() {
        let route = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
        assert_eq!(recorded(&option(12)), route);
        assert_eq!(recorded(&option(8)), route[..1]);
        assert_eq!(recorded(&[&[68, 4, 5, 0][..], &option(12)].concat()), route, "behind a timestamp option");
    }

    #[test]
    fn what_cannot_be_is_nothing() {
        for wrong in [0, 3, 4, 7] {
            assert_eq!(recorded(&option(wrong)), [] as [Ipv4Addr; 0], "pointer {wrong}");
        }
        assert_eq!(recorded(&option(255)).len(), 2, "a pointer behind the end");
        for wrong in [&[7][..], &[7, 0], &[7, 2], &[7, 9, 8, 1], &[0, 7, 7, 8, 1, 2, 3, 4], &[68, 1]] {
            assert!(recorded(wrong).is_empty(), "{wrong:?}");
        }
    }
}
