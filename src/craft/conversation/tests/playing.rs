//! Both sides of a conversation, played to each other over a wire that is not kind.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::super::{Pace, Player, Playing};
use super::*;
use crate::craft::{Action, Close, Config, End, Endpoint, Offer, Open, Outcome};
use crate::tcp::Seq;

const WAIT: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(5);

fn playing(conversation: &Conversation, role: Role, fast: bool, ignore: Box<dyn Ignore>) -> Playing {
    let ends = ["192.0.2.1:40000", "192.0.2.2:80"].map(|end| end.parse().unwrap());
    let (local, remote) = if role == Client { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
    let mut config = Config::new(local, remote, Seq(if role == Client { 5 } else { u32::MAX }));
    config.open = if role == Client { Open::Active } else { Open::Passive };
    config.close = Close::Told;
    config.offer = Offer { mss: Some(536), ..Offer::default() };
    config.timing.deadline += conversation.longest_silence();
    let endpoint = Endpoint::new(config, start()).unwrap();
    Playing::new(endpoint, Player::new(conversation, role, ignore, Pace { fast, wait: WAIT, patience: PATIENCE }))
}

/// How a run ended, and how long it took.
struct Run {
    ended: [Outcome; 2],
    players: [Playing; 2],
    lasted: Duration,
}

/// Plays until both are done. Of the packets on the way each `lose`th is lost, and the next one overtaken by its follower.
fn run(players: [Playing; 2], lose: Option<usize>) -> Run {
    run_until(players, lose, None)
}

/// The same; after a time the user of the first one has had enough.
fn run_until(mut players: [Playing; 2], lose: Option<usize>, mut enough: Option<Duration>) -> Run {
    let (mut now, mut way, mut count) = (start(), VecDeque::new(), 0);
    let mut ended = [None; 2];
    while ended.iter().any(Option::is_none) {
        if enough.take_if(|enough| now.since(start()) >= *enough).is_some() {
            players[0].interrupt(now);
        }
        let mut until = now + Duration::from_secs(1000);
        for index in 0..2 {
            while ended[index].is_none() {
                match players[index].poll(now) {
                    Action::Send(emit) => {
                        count += 1;
                        match lose.map(|lose| count % lose) {
                            Some(0) => {}
                            Some(1) => way.push_front((1 - index, emit.packet)),
                            _ => way.push_back((1 - index, emit.packet)),
                        }
                    }
                    Action::WaitUntil(time) => {
                        assert!(time > now, "it waits for what has passed");
                        until = until.min(time);
                        break;
                    }
                    Action::Done(outcome) => ended[index] = Some(outcome),
                }
            }
        }
        let Some((to, bytes)) = way.pop_front() else {
            now = if ended.iter().all(Option::is_some) { now } else { until };
            continue;
        };
        now = now + Duration::from_micros(10);
        let packet = Packet { time: now, link: LinkType::RAW, original_len: bytes.len() as u32, bytes: &bytes };
        let decoded = decode(&packet);
        let (ip, segment) = decoded.segment().unwrap();
        players[to].arrive(now, ip, segment);
    }
    Run { ended: ended.map(|ended| ended.unwrap()), players, lasted: now.since(start()) }
}

/// So many requests of 40 octets, each answered with `answer` octets, with 50 ms between them.
fn requests(count: u32, answer: u32) -> Conversation {
    let body: Vec<u8> = (0..answer).map(|at| b'a' + (at % 23) as u8).collect();
    let mut rows = HANDSHAKE.to_vec();
    for number in 0..count {
        let (at, asked, told) = (10 + 50 * u64::from(number), 1 + 40 * number, 1 + answer * number);
        rows.push((at, Client, ACK, asked, told, &[b'?'; 40], 0));
        rows.push((at + 1, Server, ACK, told, asked + 40, &body, 0));
    }
    let (asked, told, at) = (1 + 40 * count, 1 + answer * count, 60 * u64::from(count));
    rows.push((at, Client, FIN.with(ACK), asked, told, b"", 0));
    rows.push((at + 1, Server, FIN.with(ACK), told, asked + 1, b"", 0));
    record(&rows).unwrap()
}

fn both(client: &Conversation, server: &Conversation, fast: bool) -> [Playing; 2] {
    [playing(client, Client, fast, Box::new(())), playing(server, Server, fast, Box::new(()))]
}

#[test]
fn a_conversation_is_had_again_on_any_wire() {
    let conversation = requests(10, 3000);
    for lose in [None, Some(7), Some(5), Some(11)] {
        let run = run(both(&conversation, &conversation, true), lose);
        assert_eq!(run.ended, [Outcome::Closed; 2], "{lose:?}");
        for player in run.players.iter().map(Playing::player) {
            assert_eq!((player.heard().difference(true), player.is_done()), (None, true), "{lose:?}");
        }
        assert_eq!(run.players[0].player().said(), 400);
    }
}

#[test]
fn much_that_is_said_at_once_leaves_room_for_the_answer() {
    let conversation = requests(2, 60_000);
    let run = run(both(&conversation, &conversation, true), Some(31));
    assert_eq!(run.ended, [Outcome::Closed; 2]);
    assert_eq!(run.players[0].player().heard().total(), 120_000);
}

#[test]
fn thinking_takes_as_long_as_it_did_or_no_time() {
    let conversation = requests(10, 100);
    let lasted = |fast| run(both(&conversation, &conversation, fast), None).lasted;
    // From the third segment to the last it took 598 ms; behind that comes TIME-WAIT, of 300 ms.
    assert!((570..650).contains(&(lasted(false) - WAIT).as_millis()), "{:?}", lasted(false));
    assert!(lasted(true) - WAIT < Duration::from_millis(20), "{:?}", lasted(true));
}

#[test]
fn who_says_something_else_is_heard_out() {
    let (told, recorded) = (requests(4, 100), requests(4, 90));
    for (told, recorded) in [(&told, &recorded), (&recorded, &told)] {
        let run = run(both(recorded, told, true), None);
        assert_eq!(run.ended, [Outcome::Closed; 2]);
        let [client, server] = run.players.each_ref().map(Playing::player);
        let difference = client.heard().difference(true).unwrap();
        assert_eq!((difference.recorded, difference.live), (90, 90));
        assert_eq!((client.said(), server.heard().difference(true)), (160, None));
    }
}

#[test]
fn what_may_differ_does() {
    let dated = |date: &str| {
        let (asked, answer) = (b"?", format!("<{date}>body"));
        let told = answer.len() as u32;
        let mut rows = HANDSHAKE.to_vec();
        rows.push((10, Client, ACK, 1, 1, asked, 0));
        rows.push((11, Server, ACK, 1, 2, answer.as_bytes(), 0));
        rows.push((12, Client, ACK, 2, 1 + told, asked, 0));
        rows.push((13, Server, ACK, 1 + told, 3, answer.as_bytes(), 0));
        record(&rows).unwrap()
    };
    let (told, recorded) = (dated("a longer date"), dated("date"));
    let players = |ignore: Box<dyn Ignore>| {
        [playing(&recorded, Client, true, ignore), playing(&told, Server, true, Box::new(()))]
    };
    let run_with = run(players(Box::new(Brackets)), None);
    assert_eq!(run_with.players[0].player().heard().difference(true), None);
    assert!(run(players(Box::new(())), None).players[0].player().heard().difference(true).is_some());
}

#[test]
fn a_recorded_reset_resets() {
    let rows = [
        (10, Client, ACK, 1, 1, &b"ask"[..], 0),
        (11, Server, ACK, 1, 4, b"answer", 0),
        (12, Client, RST.with(ACK), 4, 7, b"", 0),
    ];
    let conversation = record(&[&HANDSHAKE[..], &rows].concat()).unwrap();
    let run = run(both(&conversation, &conversation, true), None);
    assert!(matches!(run.ended, [Outcome::Aborted, Outcome::ResetByPeer { .. }]), "{:?}", run.ended);
}

#[test]
fn an_interrupt_ends_it_in_good_order() {
    let conversation = requests(10, 100);
    let [client, server] = both(&conversation, &conversation, false);
    let run = run_until([client, server], None, Some(Duration::from_millis(100)));
    assert_eq!(run.ended, [Outcome::Closed; 2]);
    assert!((40..400).contains(&run.players[0].player().said()));
}

#[test]
fn behind_a_listening_socket_it_is_a_service() {
    use crate::craft::listen::{Program as _, Service as _};
    let conversation = requests(1, 100);
    let player = Player::new(&conversation, Server, Box::new(()), Pace { fast: true, wait: WAIT, patience: PATIENCE });
    let mut service = Rc::new(RefCell::new(player));
    let config = Config::new("192.0.2.2:80".parse().unwrap(), "192.0.2.1:9".parse().unwrap(), Seq(1));
    let mut endpoint = Endpoint::new(config, start()).unwrap();
    assert!(service.takes_over().is_some());
    assert_eq!(service.run(start(), &mut endpoint), None);
}

#[test]
fn who_never_answers_is_called_as_long_as_there_is_patience() {
    let mut client = playing(&requests(1, 10), Client, true, Box::new(()));
    let (mut now, mut syns) = (start(), 0);
    let outcome = loop {
        match client.poll(now) {
            Action::Send(_) => syns += 1,
            Action::WaitUntil(time) => now = time,
            Action::Done(outcome) => break outcome,
        }
    };
    // At 0, 1 and 3 s; the next one would leave at 7 s.
    assert_eq!((outcome, syns, now.since(start())), (Outcome::Unanswered { syns: 3 }, 3, PATIENCE));
}
