//! TCP options: `NAME[/LENGTH][=VALUE]`.

use crate::cmd::number::number;
use crate::cmd::payload;
use crate::craft::packet::OptionSpec;
use crate::craft::ping::text::printable;
use crate::wire::option_kind as kind;

/// How the data of an option is written.
#[derive(Clone, Copy)]
enum Value {
    /// No data, and no value.
    Nothing,
    /// One number of so many octets.
    Number(usize),
    /// Two numbers of four octets each: `TSVAL,TSECR`.
    Pair,
    /// Blocks of two numbers: `LEFT:RIGHT,LEFT:RIGHT…`.
    Blocks,
    /// Hexadecimal digits; where there are none, these octets.
    Hex(&'static [u8]),
    /// Hexadecimal digits that must be there.
    SomeHex,
}

/// MP_CAPABLE of version 1, asking for no checksum and HMAC-SHA256: what Linux sends on a SYN (RFC 8684 section 3.1).
const MP_CAPABLE: &[u8] = &[0x01, 0x01];

/// Every option with a name.
const OPTIONS: [(&str, u8, Value); 12] = [
    ("mss", kind::MSS, Value::Number(2)),
    ("wscale", kind::WINDOW_SCALE, Value::Number(1)),
    ("sackok", kind::SACK_PERMITTED, Value::Nothing),
    ("sack", kind::SACK, Value::Blocks),
    ("ts", kind::TIMESTAMPS, Value::Pair),
    ("tfo", kind::FAST_OPEN, Value::Hex(&[])),
    ("mptcp", kind::MPTCP, Value::Hex(MP_CAPABLE)),
    ("md5", kind::MD5, Value::SomeHex),
    ("ao", kind::AO, Value::SomeHex),
    ("uto", kind::USER_TIMEOUT, Value::Number(2)),
    ("exp", kind::EXPERIMENT_1, Value::SomeHex),
    ("exp2", kind::EXPERIMENT_2, Value::SomeHex),
];

/// Reads one option.
///
/// # Errors
/// Says in one line what is wrong with it.
pub(in crate::cmd::send) fn option(text: &str) -> Result<OptionSpec, String> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let (name, length) = name.split_once('/').map_or((name, None), |(name, length)| (name, Some(length)));
    let length = length.map(number::<u8>).transpose().map_err(|error| format!("the length octet: {error}"))?;
    match (name, value, length) {
        ("nop", None, None) => return Ok(OptionSpec::NOP),
        ("eol", None, None) => return Ok(OptionSpec::END),
        ("raw", Some(digits), None) => return hex(digits).map(OptionSpec::Raw),
        ("nop" | "eol", ..) => return Err(format!("{name} is one octet, without length and value")),
        ("raw", ..) => return Err("raw=HEX takes the octets of the whole option".to_owned()),
        _ => {}
    }
    let by_name = OPTIONS.into_iter().find(|(known, ..)| *known == name).map(|(_, kind, value)| (kind, value));
    let by_kind = || number::<u8>(name).ok().map(|kind| (kind, Value::Hex(&[])));
    let (kind, form) = by_name.or_else(by_kind).ok_or_else(|| unknown(name))?;
    let data = data(form, value).map_err(|error| format!("{name}: {error}"))?;
    Ok(OptionSpec::Long { kind, length, data })
}

fn data(form: Value, value: Option<&str>) -> Result<Vec<u8>, String> {
    let needed = |example: &str| value.ok_or_else(|| format!("lacks its value, as in {example}"));
    Ok(match form {
        Value::Nothing if value.is_none() => Vec::new(),
        Value::Nothing => return Err("takes no value".to_owned()),
        Value::Number(1) => vec![number::<u8>(needed("wscale=7")?)?],
        Value::Number(_) => number::<u16>(needed("mss=1460")?)?.to_be_bytes().to_vec(),
        Value::Pair => {
            let value = needed("ts=1,0")?;
            let (one, other) = value.split_once(',').unwrap_or((value, "0"));
            [number::<u32>(one)?.to_be_bytes(), number::<u32>(other)?.to_be_bytes()].concat()
        }
        Value::Blocks => blocks(needed("sack=1:5")?)?,
        Value::Hex(default) => value.map_or_else(|| Ok(default.to_vec()), hex)?,
        Value::SomeHex => hex(needed("md5=00112233445566778899aabbccddeeff")?)?,
    })
}

fn blocks(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    for block in text.split(',') {
        let (left, right) = block.split_once(':').ok_or("a block is LEFT:RIGHT")?;
        octets.extend(number::<u32>(left)?.to_be_bytes());
        octets.extend(number::<u32>(right)?.to_be_bytes());
    }
    Ok(octets)
}

fn hex(digits: &str) -> Result<Vec<u8>, String> {
    payload::bytes("HEX", digits).map_err(|error| error.to_string())
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = OPTIONS.iter().map(|(name, ..)| *name).collect();
    format!(
        "no option is called {}; there are: {}, nop, eol, raw, and kinds by number",
        printable(name),
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Vec<u8> {
        OptionSpec::octets(&[option(text).unwrap_or_else(|error| panic!("{text}: {error}"))])
    }

    #[test]
    fn every_option_has_its_octets() {
        let table: [(&str, &[u8]); 17] = [
            ("mss=1460", &[2, 4, 5, 180]),
            ("mss/3=1460", &[2, 3, 5, 180]),
            ("wscale=7", &[3, 3, 7]),
            ("sackok", &[4, 2]),
            ("sack=1:5", &[5, 10, 0, 0, 0, 1, 0, 0, 0, 5]),
            ("ts=1,0", &[8, 10, 0, 0, 0, 1, 0, 0, 0, 0]),
            ("ts=0x100", &[8, 10, 0, 0, 1, 0, 0, 0, 0, 0]),
            ("tfo", &[34, 2]),
            ("tfo=0102", &[34, 4, 1, 2]),
            ("mptcp", &[30, 4, 1, 1]),
            ("md5=ff", &[19, 3, 255]),
            ("ao=0102", &[29, 4, 1, 2]),
            ("uto=300", &[28, 4, 1, 44]),
            ("exp=f989", &[253, 4, 0xf9, 0x89]),
            ("77/0=01", &[77, 0, 1]),
            ("nop", &[1]),
            ("raw=05", &[5]),
        ];
        for (text, expected) in table {
            assert_eq!(octets(text), expected, "{text}");
        }
        assert_eq!(octets("eol"), [0]);
        assert_eq!(octets("sack=1:5,7:9").len(), 18);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (text, words) in [
            ("mss", "mss: lacks its value, as in mss=1460"),
            ("mss=70000", "mss: not a number from 0 to 65535"),
            ("wscale=300", "wscale: not a number from 0 to 255"),
            ("sackok=1", "sackok: takes no value"),
            ("sack=1", "sack: a block is LEFT:RIGHT"),
            ("md5=abc", "md5: HEX: 3 digits are not whole bytes"),
            ("raw", "raw=HEX takes"),
            ("nop=1", "nop is one octet"),
            ("mss/999=1", "the length octet: not a number from 0 to 255"),
            ("no\u{1b}pe", r"no option is called no\u{1b}pe; there are: mss, wscale"),
        ] {
            let error = option(text).unwrap_err();
            assert!(error.starts_with(words) && !error.contains(['\n', '\u{1b}']), "{text}: {error}");
        }
    }
}
