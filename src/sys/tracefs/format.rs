//! Where the fields of a tracepoint's record stand, as `events/…/format` tells.

use std::ops::Range;

/// The layout of one tracepoint's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    id: u16,
    fields: Vec<(String, Range<usize>)>,
    /// The names of a field's values, as the tracepoint prints them.
    names: Vec<(u64, String)>,
}

impl Format {
    /// None where the text lacks the number of the tracepoint.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let id = text.lines().find_map(|line| line.strip_prefix("ID:"))?.trim().parse().ok()?;
        let names = text.lines().find(|line| line.starts_with("print fmt:")).map_or_else(Vec::new, reasons);
        Some(Self { id, fields: text.lines().filter_map(field).collect(), names })
    }

    /// The number that its records begin with.
    pub(super) const fn id(&self) -> u16 {
        self.id
    }

    /// The names of the values of its field `reason`, by number.
    pub(super) fn into_reasons(self) -> Vec<(u64, String)> {
        self.names
    }

    /// The numbers in the fields after `name`, in the order of their declaration: the arguments of a system call.
    pub(super) fn after<const N: usize>(&self, record: &[u8], name: &str) -> [u64; N] {
        let mut numbers = [0; N];
        let after = self.fields.iter().skip_while(|(field, _)| field != name).skip(1);
        for (number, (field, _)) in numbers.iter_mut().zip(after) {
            *number = self.number(record, field).unwrap_or(0);
        }
        numbers
    }

    /// Whether it has all these fields.
    pub(super) fn lacks<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().find(|name| !self.fields.iter().any(|(field, _)| field == *name)).copied()
    }

    /// The octets of one field.
    pub(super) fn get<'a>(&self, record: &'a [u8], name: &str) -> Option<&'a [u8]> {
        let (_, place) = self.fields.iter().find(|(field, _)| field == name)?;
        record.get(place.clone())
    }

    /// An unsigned number of up to eight octets, in the byte order of this machine.
    pub(super) fn number(&self, record: &[u8], name: &str) -> Option<u64> {
        let bytes = self.get(record, name)?;
        let mut wide = [0; 8];
        let start = if cfg!(target_endian = "big") { wide.len().checked_sub(bytes.len())? } else { 0 };
        wide.get_mut(start..start + bytes.len())?.copy_from_slice(bytes);
        Some(u64::from_ne_bytes(wide))
    }
}

/// `field:__u8 saddr[4]; offset:32; size:4; signed:0;`, with tabs.
fn field(line: &str) -> Option<(String, Range<usize>)> {
    let mut parts = line.trim().strip_prefix("field:")?.split(';').map(str::trim);
    let declaration = parts.next()?;
    let mut number = |name: &str| parts.next()?.strip_prefix(name)?.parse::<usize>().ok();
    let (offset, size) = (number("offset:")?, number("size:")?);
    let name = declaration.rsplit(' ').next()?.split('[').next()?;
    Some((name.to_owned(), offset..offset.checked_add(size)?))
}

/// `__print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, …)`: the numbers, and their names.
fn reasons(line: &str) -> Vec<(u64, String)> {
    let Some((_, list)) = line.split_once("__print_symbolic(REC->reason,") else { return Vec::new() };
    let pairs = list.split('{').skip(1).map_while(|pair| pair.split_once('}'));
    let read = |(pair, _): (&str, &str)| {
        let (number, name) = pair.split_once(',')?;
        Some((number.trim().parse().ok()?, name.trim().trim_matches('"').to_owned()))
    };
    pairs.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_names() {
        let text = "ID: 7\n\tfield:int reason;\toffset:8;\tsize:4;\tsigned:0;\nprint fmt: \"x=%s reason: %s\", \
            REC->x, __print_symbolic(REC->reason, { 2, \"NOT_SPECIFIED\" }, { 45, \"TCP_RESET\" }, { odd, \"X\" })";
        let format = Format::parse(text).unwrap();
        let expected = [(2, "NOT_SPECIFIED"), (45, "TCP_RESET")].map(|(number, name)| (number, name.to_owned()));
        assert_eq!(format.into_reasons(), expected);
    }

    #[test]
    fn arguments_stand_behind_the_number_of_the_call() {
        let text = "ID: 9\n\tfield:int nr;\toffset:2;\tsize:2;\tsigned:1;\n\
            \tfield:int fd;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:int how;\toffset:16;\tsize:8;\tsigned:0;\n";
        let format = Format::parse(text).unwrap();
        let mut record = vec![0; 8];
        record.extend(5_u64.to_ne_bytes());
        record.extend(1_u64.to_ne_bytes());
        assert_eq!(format.after::<3>(&record, "nr"), [5, 1, 0]);
        assert_eq!(format.after::<3>(&record[..12], "nr"), [0, 0, 0]);
        assert_eq!(format.after::<2>(&record, "none"), [0, 0]);
    }

    const TEXT: &str = "name: inet_sock_set_state\nID: 513\nformat:\n\
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n\
        \tfield:const void * skaddr;\toffset:2;\tsize:8;\tsigned:0;\n\
        \tfield:__u8 saddr[4];\toffset:10;\tsize:4;\tsigned:0;\n\n\
        print fmt: \"family=%s\"\n";

    #[test]
    fn fields_are_found_by_name() {
        let format = Format::parse(TEXT).unwrap();
        let mut record = 513_u16.to_ne_bytes().to_vec();
        record.extend(u64::MAX.to_ne_bytes());
        record.extend([192, 0, 2, 1]);
        assert_eq!(format.id(), 513);
        assert_eq!(format.number(&record, "common_type"), Some(513));
        assert_eq!(format.number(&record, "skaddr"), Some(u64::MAX));
        assert_eq!(format.get(&record, "saddr"), Some(&[192, 0, 2, 1][..]));
        assert_eq!(format.get(&record[..12], "saddr"), None);
        assert_eq!((format.lacks(&["saddr"]), format.lacks(&["saddr", "sport"])), (None, Some("sport")));
        assert_eq!(format.number(&[0; 40], "sport"), None);
    }

    #[test]
    fn a_text_without_a_number_is_none() {
        assert_eq!(Format::parse("name: x\nformat:\n"), None);
        let strange = "ID: 1\n\tfield:;\n\tfield:int x;\toffset:y;\tsize:4;\n\tfield:int z;\toffset:18446744073709551615;\tsize:4;";
        assert_eq!(Format::parse(strange).unwrap().fields, []);
    }
}
