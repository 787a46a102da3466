//! Which questions are asked, and in which order.

use super::leak::in_turn;
use super::rng::Rng;
use super::{Kind, Question, Record};

/// At most `count` questions of these kinds about the connections: kind after kind in turn, each segment at most once for
/// a kind. Fewer, where there is not so much to ask. None shows what a later one asks for.
#[must_use]
pub fn questions(records: &[Record], kinds: &[Kind], seed: u64, count: usize) -> Vec<Question> {
    let mut rng = Rng::new(seed);
    let mut kinds: Vec<_> = kinds.iter().map(|kind| (*kind, places(records, &mut rng))).collect();
    rng.shuffle(&mut kinds);
    let mut asked = Vec::new();
    while asked.len() < count && !kinds.is_empty() {
        kinds.retain_mut(|(kind, places)| {
            let next = next(*kind, places, records, &mut rng);
            let is_left = next.is_some();
            asked.extend(next);
            is_left
        });
    }
    asked.truncate(count);
    in_turn(&mut asked);
    asked
}

/// Every segment of every connection, in any order.
fn places(records: &[Record], rng: &mut Rng) -> Vec<(u32, u32)> {
    let of = |(at, record): (usize, &Record)| {
        (0..record.segments().len()).map(move |index| (at as u32, index as u32)).collect::<Vec<_>>()
    };
    let mut places: Vec<_> = records.iter().enumerate().flat_map(of).collect();
    rng.shuffle(&mut places);
    places
}

/// The next question of the kind; none if no place is left.
fn next(kind: Kind, places: &mut Vec<(u32, u32)>, records: &[Record], rng: &mut Rng) -> Option<Question> {
    loop {
        let (record, index) = places.pop()?;
        if let Some(question) = kind.ask(&records[record as usize], index as usize, rng) {
            return Some(question);
        }
    }
}
