//! Questions that answer each other: the rows of one may show what another asks for.

use std::collections::BTreeMap;

use super::{Kind, Question, Record, questions};

/// So many times as many questions as are wanted are looked through for some that do not answer each other.
const CHOICE: usize = 8;

/// The sign for what is asked for.
const HIDDEN: char = '?';

/// Questions for a sheet, on which all can be seen at once: as far as possible none that another answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The questions.
    pub questions: Vec<Question>,
    /// How many of them another one answers, because there are no better ones.
    pub answered: usize,
}

/// At most `count` questions for a sheet.
#[must_use]
pub fn sheet(records: &[Record], kinds: &[Kind], seed: u64, count: usize) -> Sheet {
    let (mut chosen, mut others) = (Vec::<Question>::new(), Vec::new());
    for question in questions(records, kinds, seed, count.saturating_mul(CHOICE)) {
        let is_apart = chosen.iter().all(|one| !tells(one, &question) && !tells(&question, one));
        if is_apart { &mut chosen } else { &mut others }.push(question);
    }
    chosen.truncate(count);
    chosen.extend(others.into_iter().take(count - chosen.len()));
    let is_told = |asked: &Question| chosen.iter().any(|one| one != asked && tells(one, asked));
    let answered = chosen.iter().filter(|asked| is_told(asked)).count();
    in_turn(&mut chosen);
    Sheet { questions: chosen, answered }
}

/// Puts the questions about each connection in the order in which its segments are shown, so that who is asked one after the
/// other has not seen what comes.
pub(super) fn in_turn(questions: &mut [Question]) {
    let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        places.entry(question.connection).or_default().push(at);
    }
    for places in places.into_values() {
        let mut sorted: Vec<Question> = places.iter().map(|at| questions[*at].clone()).collect();
        sorted.sort_by_key(shown);
        for (place, question) in places.into_iter().zip(sorted) {
            questions[place] = question;
        }
    }
}

/// How much a question shows: up to which packet, and how much of that.
fn shown(question: &Question) -> (u64, usize) {
    let last = question.rows.iter().max_by_key(|row| row.packet);
    last.map_or((0, 0), |row| {
        let parts = row.segment.split_whitespace().filter(|part| !part.starts_with(HIDDEN)).count();
        (row.packet, parts)
    })
}

/// Whether the rows of `one` show what `asked` asks for.
fn tells(one: &Question, asked: &Question) -> bool {
    let shows = |packet: u64| one.rows.iter().find(|row| row.packet == packet).map(|row| row.segment.as_str());
    let same = one.connection == asked.connection;
    match asked.kind {
        Kind::NextFlags => same && shows(asked.packet).is_some_and(|row| row != HIDDEN.to_string()),
        Kind::NextSeq => same && shows(asked.packet).is_some_and(|row| number(row, "seq")),
        Kind::NextAck => same && shows(asked.packet).is_some_and(|row| number(row, "ack")),
        Kind::Wrong => same && shows(asked.packet).is_some(),
        // Any two of them in their order.
        Kind::Order => same && asked.rows.iter().filter(|row| shows(row.packet).is_some()).count() > 1,
        // The question itself tells why the segment comes.
        Kind::Cause => same && one.kind == Kind::NextFlags && one.packet == asked.packet,
        Kind::NextState | Kind::Returns | Kind::Phenomenon => false,
    }
}

/// Whether a row shows this number.
fn number(row: &str, name: &str) -> bool {
    let mut words = row.split_whitespace().skip_while(|word| *word != name).skip(1);
    words.next().is_some_and(|word| !word.starts_with(HIDDEN))
}
