//! One row for each connection: as a table, as JSON, as CSV.

pub(super) mod columns;
mod csv;
mod cut;
mod json;
mod layout;
mod sorted;
mod table;

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use super::exchange::with_exchanges;
use super::fields::{Field, Sort};
use super::{Format, Sink};

pub use csv::CsvList;
pub use json::JsonList;
pub use sorted::Sorted;
pub use table::Table;

/// What a list had no room for.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// The headings of columns for which lines were too short, once the table was begun.
    pub columns: Vec<&'static str>,
    /// Rows that were too many to be put in order.
    pub rows: u64,
}

/// Where a list notes what it left out.
pub type LeftOut = Rc<RefCell<Unlisted>>;

/// How a list is written.
#[derive(Clone, Debug, Default)]
pub struct ListSettings {
    /// Columns of the screen; none where lines may have any length.
    pub width: Option<usize>,
    /// ASCII characters only.
    pub ascii: bool,
    /// The order of the rows; without one, rows are written as the connections end. A table of up to a thousand rows is
    /// then ordered by the connections' numbers.
    pub sort: Option<Sort>,
    /// The columns of the table; the usual ones, as many as there is room for, where there are none here.
    pub columns: Vec<&'static Field>,
    /// Where columns and rows are noted that are left out.
    pub left_out: LeftOut,
}

/// A sink that writes one row, or one JSON object, for each connection and each exchange; CSV holds connections only.
#[must_use]
pub fn open_list<'a>(format: Format, settings: &ListSettings, out: Box<dyn Write + 'a>) -> Box<dyn Sink + 'a> {
    with_exchanges(format, settings, out, |out| {
        let list: Box<dyn Sink + 'a> = match format {
            Format::Json => Box::new(JsonList::new(out)),
            Format::Csv => Box::new(CsvList::new(out)),
            Format::Ladder | Format::Lines | Format::Picture(_) => Box::new(Table::new(settings, out)),
        };
        match settings.sort {
            Some(sort) => Box::new(Sorted::new(sort, settings.left_out.clone(), list)),
            None => list,
        }
    })
}
