//! Two streams side by side.

use super::super::{Comparison, Difference, Reach, excerpt};
use super::*;

/// The recorded stream, pieces of the live one, whether brackets may differ, and where the first difference is.
type Case<'a> = (&'a str, &'a [&'a str], bool, Option<(usize, usize)>);

fn compare(recorded: &str, live: &[&str], ignore: bool, over: bool) -> Option<(usize, usize)> {
    let ignore: Box<dyn Ignore> = if ignore { Box::new(Brackets) } else { Box::new(()) };
    let mut comparison = Comparison::new(recorded.into(), ignore);
    for piece in live {
        comparison.take(piece.as_bytes());
        comparison.reach(recorded.len() / 2); // asked now and then, it changes nothing
    }
    comparison.difference(over).map(|Difference { recorded, live }| (recorded, live))
}

#[test]
fn the_first_difference_however_it_is_cut() {
    let table: &[Case<'_>] = &[
        ("hello", &["hello"], false, None),
        ("hello", &["h", "el", "", "lo"], false, None),
        ("", &[], false, None),
        ("hello", &["heLlo"], false, Some((2, 2))),
        ("hello", &["hel"], false, Some((3, 3))),
        ("hello", &["hello", " again"], false, Some((5, 5))),
        ("", &["x"], false, Some((0, 0))),
        ("a<1>b", &["a<1>b"], true, None),
        ("a<1>b", &["a<", "later", ">b"], true, None),
        ("a<1>b", &["a<1>b"], false, None),
        ("a<1>b", &["a<2>b"], false, Some((2, 2))),
        ("a<1>b", &["a<long>c"], true, Some((4, 7))),
        ("a<1>b", &["ab"], true, Some((1, 1))),
        ("ab", &["a<1>b"], true, Some((1, 1))),
        ("<1>", &["<2>"], true, None),
        ("<1>", &[], true, Some((0, 0))),
        ("ab", &["ab<1>"], true, Some((2, 2))),
        ("<1><2>c", &["<x><yy>c"], true, None),
        ("<1><2>c", &["<x>c"], true, Some((3, 3))),
    ];
    for (recorded, live, ignore, expected) in table {
        assert_eq!(compare(recorded, live, *ignore, true), *expected, "{recorded} {live:?} {ignore}");
    }
    assert_eq!(compare("hello", &["hel"], false, false), None);
    assert_eq!(compare("hello", &["hex"], false, false), Some((2, 2)));
}

#[test]
fn it_is_known_when_enough_has_come() {
    let steps: &[(&str, usize, Reach)] = &[
        ("", 0, Reach::There),
        ("", 3, Reach::Waits),
        ("ab", 3, Reach::Waits),
        ("c", 3, Reach::There),
        ("<", 9, Reach::Waits),
        ("much longer than it was", 9, Reach::Differs), // as far as it goes
        (">", 9, Reach::Waits),
        ("efg", 9, Reach::There),
        ("", 9, Reach::There),
        ("h", 11, Reach::Waits),
        ("j", 11, Reach::Differs),
        ("", usize::MAX, Reach::Differs),
    ];
    let mut comparison = Comparison::new(b"abc<1>efghi".to_vec(), Box::new(Brackets));
    for (piece, octets, expected) in steps {
        comparison.take(piece.as_bytes());
        assert_eq!(comparison.reach(*octets), *expected, "{piece} {octets}");
    }
}

#[test]
fn what_never_ends_is_not_kept() {
    let mut comparison = Comparison::new(b"hello".to_vec(), Box::new(()));
    for _ in 0..1000 {
        comparison.take(&[b'x'; 1000]);
    }
    assert_eq!((comparison.total(), comparison.live().len()), (1_000_000, 5 + 4096));
    assert_eq!(comparison.difference(true), Some(Difference { recorded: 0, live: 0 }));
}

#[test]
fn an_excerpt_has_what_stands_around() {
    let octets: Vec<u8> = (0..=255).collect();
    assert_eq!(excerpt(&octets, 100), (&octets[76..140], 24));
    assert_eq!(excerpt(&octets, 2), (&octets[..42], 2));
    assert_eq!(excerpt(&octets, 256), (&octets[232..], 24));
    assert_eq!(excerpt(&[], 0), (&[][..], 0));
}
