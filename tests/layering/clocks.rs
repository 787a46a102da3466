//! Who reads the clock that can be set (CLOCK_REALTIME): nothing but what stands here, and nothing there hangs on it.

use super::must_be_listed;

/// Ways to it.
const WAYS: [&str; 9] = [
    "clock::now",
    "clock::wall",
    "offset_of_monotonic",
    "ClockId::Realtime",
    "SystemTime",
    "UNIX_EPOCH",
    "Timestamp::now",
    "Zoned::now",
    "CLOCK_REALTIME",
];

/// Where it is read, and what becomes of it where somebody sets it.
const READ: [(&str, &str); 18] = [
    // The one place; a test of it compares.
    ("src/sys/clock.rs", "clock_gettime(ClockId::Realtime)"),
    ("src/sys/clock.rs", "= nanos(ClockId::Realtime)"),
    ("src/sys/clock.rs", "fn offset_of_monotonic()"),
    ("src/sys/clock.rs", "saturating_add(offset_of_monotonic())"),
    ("src/sys/clock.rs", "std::time::SystemTime::now()"),
    // Once, as the run begins; from then on CLOCK_MONOTONIC goes on from there.
    ("src/drive/clock.rs", "started: (clock::now(), Instant::now())"),
    // Beside the time that has passed by CLOCK_MONOTONIC, which bounds each round trip and says what is due.
    ("src/drive/ping.rs", "clock::now()"),
    // A message without a stamp has this one, and is bounded in the same way.
    ("src/sys/icmp/message.rs", "stamp.unwrap_or_else(clock::now)"),
    // The kernel's records get the packets' clock: where somebody sets that, their order among packets is lost for the moment.
    ("src/drive/kernel/mod.rs", "let now = clock::now()"),
    ("src/sys/tracefs/reader.rs", "let began = clock::now()"),
    ("src/sys/tracefs/buffer.rs", "let offset = clock::offset_of_monotonic()"),
    ("src/cmd/kernel/merge/asking.rs", "self.kernel(clock::now(), "),
    // Packets behind Ctrl-C are not shown; how long they are waited for says CLOCK_MONOTONIC.
    ("src/source/tap.rs", "Closing { at: clock::now(), until: Instant::now()"),
    // Puts the kernel's stamps of departures beside the schedule; one that cannot be is not believed.
    ("src/drive/onto/sender.rs", "clock::wall(start)"),
    // What time it is, for who reads it.
    ("src/lab/http.rs", "SystemTime"),
    ("src/cmd/sockets/mod.rs", "record::json(view, clock::now(), out)"),
    ("src/cmd/sockets/mod.rs", "jiff::Zoned::now().strftime"),
    // Its name.
    ("src/cmd/ping/explain.rs", "const CLOCK: &str"),
];

#[test]
fn the_clock_that_can_be_set_is_read_nowhere_but_where_nothing_hangs_on_it() {
    must_be_listed(&WAYS, &READ);
}
