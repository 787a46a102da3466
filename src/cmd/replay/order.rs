//! What is said of packets that are not in the order of their times.

use crate::explain;
use crate::source::Order;
use crate::wire::Time;

/// One line for each file that is out of order, and one for files that overlap, unless they are merged. What is shown is
/// right by the order of the packets, not by that of their times.
pub(super) fn notes(orders: &[Order], merged: bool) -> Vec<String> {
    let mut notes: Vec<_> = orders.iter().filter_map(within).collect();
    notes.extend(if merged { None } else { between(orders) });
    notes
}

fn within(order: &Order) -> Option<String> {
    let (name, packet, by) = (&order.name, order.first?, explain::duration(order.by));
    let more = match order.count - 1 {
        0 => String::new(),
        1 => "; so is one more".to_owned(),
        more => format!("; so are {} more", explain::grouped(more)),
    };
    let packet = explain::grouped(packet);
    Some(format!(
        "{name:?} is not in the order of time: packet {packet} is {by} older than the one before it{more}. Segments are \
         followed in the order of the file; reordercap (of Wireshark) sorts one"
    ))
}

/// The first two files of which neither is over before the other begins, though they are read one behind the other.
fn between(orders: &[Order]) -> Option<String> {
    let overlap = |(a, b): (Time, Time), (c, d): (Time, Time)| a < d && c < b;
    let span = |order: &Order| order.span;
    for (index, later) in orders.iter().enumerate() {
        let earlier = orders[..index]
            .iter()
            .find(|earlier| span(earlier).zip(span(later)).is_some_and(|(earlier, later)| overlap(earlier, later)));
        if let Some(earlier) = earlier {
            return Some(format!(
                "{:?} and {:?} are of the same time, and were read one behind the other: --merge orders the packets of all \
                 files by time",
                earlier.name, later.name
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn order(name: &str, span: (i64, i64), first: Option<u64>, count: u64) -> Order {
        let span = Some((Time::from_nanos(span.0), Time::from_nanos(span.1)));
        Order { name: name.to_owned(), span, first, by: Duration::from_millis(5), count }
    }

    #[test]
    fn each_file_is_named_once() {
        let orders = [order("a", (1, 9), Some(17), 3), order("b", (10, 20), None, 0), order("c", (30, 40), Some(2), 1)];
        let notes = notes(&orders, false);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].contains("packet 17 is 5.0 ms older than the one before it; so are 2 more."), "{notes:?}");
        assert!(notes[1].starts_with("\"c\"") && notes[1].contains("before it."), "{notes:?}");
    }

    #[test]
    fn merging_is_proposed_only_where_it_helps() {
        let (a, b, c) = (order("a", (1, 9), None, 0), order("b", (5, 20), None, 0), order("c", (30, 40), None, 0));
        assert!(notes(&[a.clone(), b.clone(), c.clone()], false)[0].contains("--merge"));
        assert_eq!(notes(&[a.clone(), b.clone()], true), [""; 0]);
        // The files of a rotated capture, in whatever order.
        assert_eq!(notes(&[c, b], false), [""; 0]);
    }
}
