//! What is found in a capture, and what is said where it is not.

use std::net::IpAddr;

use etherparse::{PacketBuilder, TcpHeader};

use super::fixture::{GOOD, changed};
use crate::learn::{Ask, Filled, Findings, Lesson, Run, Scene, Step, parse};
use crate::quiz::Judged;
use crate::trace::{Tracer, TracerOptions};
use crate::wire::{LinkType, Packet, Time, decode};

const YOU: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [192, 0, 2, 2];

/// An IPv4 packet with a segment without options or data.
fn segment(near: bool, flags: u8, seq: u32, ack: u32) -> Vec<u8> {
    let (from, to, ports) = if near { (YOU, SERVER, (40000, 80)) } else { (SERVER, YOU, (80, 40000)) };
    let mut header = TcpHeader::new(ports.0, ports.1, seq, 65535);
    (header.syn, header.ack, header.acknowledgment_number) = (flags & 2 != 0, flags & 16 != 0, ack);
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from, to, 64).tcp_header(header).write(&mut packet, &[]).unwrap();
    packet
}

fn scene(packets: &[Vec<u8>]) -> Scene {
    let mut scene = Scene::new(IpAddr::from(YOU));
    let mut tracer = Tracer::new(TracerOptions::default());
    for (index, bytes) in packets.iter().enumerate() {
        let number = index as u64 + 1;
        let time = Time::from_nanos(1_000_000_000 + index as i64 * 250_000);
        let packet = Packet { time, link: LinkType::RAW, original_len: bytes.len() as u32, bytes };
        let decoded = decode(&packet);
        scene.packet(number, &packet, &decoded);
        tracer.packet(number, &packet, &decoded, Default::default(), &mut |event| scene.event(event));
    }
    tracer.finish(&mut |event| scene.event(event));
    scene
}

/// SYN, SYN ACK, ACK, with the acknowledgment of the second.
fn opening(ack: u32) -> Scene {
    scene(&[segment(true, 2, 100, 0), segment(false, 18, 700, ack), segment(true, 16, 101, 701)])
}

fn runs(lesson: &Lesson) -> Vec<&Run> {
    lesson.steps.iter().filter_map(|step| if let Step::Run(run) = step { Some(run) } else { None }).collect()
}

/// The text of step `at`, filled.
fn text(lesson: &Lesson, at: usize, findings: &Findings) -> Result<String, String> {
    let Step::Say(_, paragraphs) = &lesson.steps[at] else { panic!("{lesson:?}") };
    match findings.fill(&paragraphs[0]).map_err(|missing| missing.to_string())? {
        Filled::Sentences(spans) => Ok(spans.into_iter().map(|span| span.text).collect()),
        Filled::Command(command) => Ok(command),
    }
}

#[test]
fn places_are_filled_from_the_capture() {
    let lesson = parse(GOOD).unwrap();
    let mut findings = Findings::default();
    findings.look(runs(&lesson)[0], &opening(101));
    assert_eq!(findings.failures(runs(&lesson)[0]), []);
    assert_eq!(text(&lesson, 3, &findings).unwrap(), "It was 1, and you ESTABLISHED.");
    let Step::Predict(prediction) = &lesson.steps[1] else { panic!("{lesson:?}") };
    let answer = findings.answer(&prediction.ask).unwrap();
    assert_eq!(answer.judge("S."), Judged::Right);
    assert_eq!(answer.judge("syn"), Judged::Wrong("SYN".to_owned()));
    assert!(matches!(prediction.ask.form().judge("?"), Judged::Unreadable(_)));
}

#[test]
fn every_kind_of_field_is_read() {
    for (written, wanted) in [
        ("hello.number", "1"),
        ("answer.time", "250 µs"),
        ("answer.wait", "250 µs"),
        ("answer.port", "80"),
        ("answer.to-port", "40000"),
        ("answer.from", "192.0.2.2"),
        ("answer.to", "192.0.2.1"),
        ("answer.absolute-seq", "700"),
        ("answer.absolute-ack", "101"),
        ("answer.flags", "SYN ACK"),
        ("answer.window", "65535"),
        ("answer.ttl", "64"),
        ("answer.server", "SYN-RECEIVED"),
        ("answer.you-before", "SYN-SENT"),
        ("hello.server-before", "LISTEN"),
        ("hello.copy", "1"),
        ("hello.connection", "1"),
        ("hello.count", "1"),
        ("run.packets", "3"),
        ("run.segments", "3"),
        ("run.connections", "1"),
        ("run.duration", "500 µs"),
    ] {
        let lesson = parse(&changed("It was {answer.ack}, and", &format!("{{{written}}}; and"))).unwrap();
        let mut findings = Findings::default();
        findings.look(runs(&lesson)[0], &opening(101));
        let text = text(&lesson, 3, &findings).unwrap();
        assert_eq!(text.split(';').next().unwrap(), wanted, "{written}");
    }
}

#[test]
fn what_did_not_come_is_told_and_never_made_up() {
    let lesson = parse(GOOD).unwrap();
    let run = runs(&lesson)[0];
    let mut findings = Findings::default();
    assert_eq!(text(&lesson, 3, &findings), Err("nothing in the run gives answer.ack".to_owned()));
    findings.look(run, &scene(&[segment(true, 2, 100, 0)]));
    assert_eq!(text(&lesson, 3, &findings), Err("nothing in the run gives answer.ack".to_owned()));
    let failure = &findings.failures(run)[0];
    assert_eq!(
        (failure.expected.as_str(), failure.came.as_str()),
        ("answer.ack = hello.seq + 1", "nothing in the run gives answer.ack",)
    );
    let Step::Predict(prediction) = &lesson.steps[1] else { panic!("{lesson:?}") };
    assert!(findings.answer(&prediction.ask).is_err());
    // A later run that has it, has it all.
    findings.look(run, &opening(101));
    assert_eq!(findings.failures(run), []);
}

#[test]
fn a_run_that_goes_another_way_is_found_out() {
    for (expected, came) in [
        ("answer.ack = hello.seq + 2", Some("1 and 2")),
        ("answer.ack = hello.seq + 3 - 2", None),
        ("answer.ack != hello.seq + 1", Some("1 and 1")),
        ("answer.ack < 1", Some("1 and 1")),
        ("answer.ack <= 1", None),
        ("answer.ack > 0", None),
        ("answer.ack >= 2", Some("1 and 2")),
        ("answer.wait < 1ms", None),
        ("answer.wait > 1ms", Some("250 µs and 1.0 ms")),
        ("answer.flags = SYN ACK", None),
        ("answer.flags = SYN", Some("SYN ACK and SYN")),
        ("answer.you != ESTABLISHED", Some("ESTABLISHED and ESTABLISHED")),
    ] {
        let lesson = parse(&changed("answer.ack = hello.seq + 1", expected)).unwrap();
        let run = runs(&lesson)[0];
        let mut findings = Findings::default();
        findings.look(run, &opening(101));
        let failed: Vec<String> = findings.failures(run).into_iter().map(|failed| failed.came).collect();
        assert_eq!(failed.first().map(String::as_str), came, "{expected}");
    }
}

#[test]
fn a_choice_has_its_remark() {
    let lesson = parse(GOOD).unwrap();
    let Step::Predict(prediction) = &lesson.steps[4] else { panic!("{lesson:?}") };
    assert!(matches!(prediction.ask, Ask::Choice(_)));
    let answer = prediction.ask.form();
    assert!(prediction.remark(&answer.judge("1")).is_some());
    assert!(prediction.remark(&answer.judge("2")).is_none());
    assert_eq!(answer.judge("the second"), Judged::Right);
}
