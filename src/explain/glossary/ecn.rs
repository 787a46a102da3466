//! What the bits AE, CWR and ECE say: it depends on the flags beside them (RFC 3168 section 6.1, RFC 9768 section 3).

use crate::wire::Flags;

/// On a SYN, by the number that AE, CWR and ECE make.
const ON_SYN: [&str; 8] = [
    "",
    "alone on a SYN: asks for nothing",
    "alone on a SYN: asks for nothing",
    "asks for ECN",
    "alone on a SYN: asks for nothing",
    "asks for nothing that is defined",
    "asks for nothing that is defined",
    "asks for accurate ECN",
];

/// On a SYN ACK.
const ON_SYN_ACK: [&str; 8] = [
    "",
    "agrees to ECN",
    "agrees to accurate ECN; the SYN came unmarked",
    "agrees to accurate ECN; the SYN came with the mark ECT(1)",
    "agrees to accurate ECN; the SYN came with the mark ECT(0)",
    "agrees to ECN, as ends of an old experiment did",
    "agrees to accurate ECN; the SYN came with a mark of congestion",
    "echoes the SYN without understanding it: no ECN",
];

/// Later on.
const LATER: [&str; 8] = [
    "",
    "congestion was met on the way (with accurate ECN: the count is 1)",
    "the sender has slowed down (with accurate ECN: the count is 2)",
    "the sender has slowed down, and met congestion itself (with accurate ECN: the count is 3)",
    "with accurate ECN: the count of marks is 4",
    "with accurate ECN: the count of marks is 5",
    "with accurate ECN: the count of marks is 6",
    "with accurate ECN: the count of marks is 7",
];

/// What the three bits of `flags` say together; empty where none is set.
pub(super) fn meaning(flags: Flags) -> &'static str {
    let bit = |flag| usize::from(flags.contains(flag));
    let number = bit(Flags::AE) << 2 | bit(Flags::CWR) << 1 | bit(Flags::ECE);
    match (flags.rst(), flags.syn(), flags.ack()) {
        (true, ..) if number > 0 => "of no use on a reset",
        (_, true, true) => ON_SYN_ACK[number],
        (_, true, false) => ON_SYN[number],
        (_, false, false) if number > 0 => "of no use without ACK",
        _ => LATER[number],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bits_say_different_things() {
        let ecn = Flags::ECE | Flags::CWR;
        assert_eq!(meaning(Flags::SYN | ecn), "asks for ECN");
        assert_eq!(meaning(Flags::SYN | Flags::ACK | Flags::ECE), "agrees to ECN");
        assert_eq!(meaning(Flags::SYN | ecn | Flags::AE), "asks for accurate ECN");
        assert_eq!(meaning(Flags::RST | ecn), "of no use on a reset");
        assert_eq!(meaning(Flags::SYN), "");
    }
}
