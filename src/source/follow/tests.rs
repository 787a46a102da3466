//! Everything happens on one thread, but where a wait is what is tested.

use std::fs::{self, File, OpenOptions};
use std::io::{PipeWriter, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::thread;

use super::*;
use crate::source::Damage;
use crate::source::fixture::{pcap, record};

/// A folder with a file that grows, and the two ends of what stops a follower.
struct Scene {
    folder: tempfile::TempDir,
    stop: UnixStream,
    stopper: UnixStream,
}

impl Scene {
    fn new(content: &[u8]) -> Self {
        let (stop, stopper) = UnixStream::pair().unwrap();
        let scene = Self { folder: tempfile::tempdir().unwrap(), stop, stopper };
        fs::write(scene.path(), content).unwrap();
        scene
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("growing.pcap")
    }

    fn follow(&self) -> Follow<'_> {
        Follow::new(&self.path(), &self.stop)
    }

    fn append(&self, bytes: &[u8]) {
        OpenOptions::new().append(true).open(self.path()).unwrap().write_all(bytes).unwrap();
    }

    fn stop(&self) {
        (&self.stopper).write_all(b"x").unwrap();
    }
}

fn expect(follow: &mut Follow<'_>, text: &str) {
    assert_eq!(follow.next().unwrap().expect("a packet").bytes, text.as_bytes());
}

/// Nothing comes any more, and nothing is wrong.
fn expect_end(follow: &mut Follow<'_>) {
    assert!(!follow.advance().unwrap());
    assert!(follow.packet().is_none());
    assert!(!follow.advance().unwrap());
}

#[test]
fn what_is_appended_comes_and_half_a_packet_is_no_damage() {
    let scene = Scene::new(&pcap(&[(1, b"one")]));
    let mut follow = scene.follow();
    assert_eq!(follow.supply(), Supply::Pending);
    expect(&mut follow, "one");
    assert_eq!(follow.supply(), Supply::Pending);
    scene.append(&[record(2, b"two"), record(3, b"three")].concat());
    expect(&mut follow, "two");
    assert_eq!(follow.supply(), Supply::Waiting);
    expect(&mut follow, "three");
    let (start, rest) = (&record(4, b"four")[..17], &record(4, b"four")[17..]);
    scene.append(start);
    scene.stop();
    expect_end(&mut follow);
    scene.append(rest);
    expect_end(&mut follow);
}

#[test]
fn a_file_is_awaited_byte_by_byte() {
    let scene = Scene::new(b"");
    let bytes = pcap(&[(1, b"one"), (2, b"two")]);
    thread::scope(|scope| {
        scope.spawn(|| {
            for byte in &bytes {
                scene.append(&[*byte]);
                thread::yield_now();
            }
        });
        let mut follow = scene.follow();
        expect(&mut follow, "one");
        expect(&mut follow, "two");
    });
}

#[test]
fn a_stop_ends_the_wait() {
    for content in [&b""[..], &pcap(&[])[..10], &pcap(&[])] {
        let scene = Scene::new(content);
        thread::scope(|scope| {
            scope.spawn(|| scene.stop());
            expect_end(&mut scene.follow());
        });
    }
}

#[test]
fn a_truncated_file_is_said_to_be_and_read_again() {
    let scene = Scene::new(&pcap(&[(1, b"one"), (2, b"two")]));
    let mut follow = scene.follow();
    expect(&mut follow, "one");
    expect(&mut follow, "two");
    // Half a packet is lost with the file it was in.
    scene.append(&record(3, b"three")[..9]);
    fs::write(scene.path(), pcap(&[(9, b"new")])).unwrap();
    let Err(Error::Truncated { read, left, .. }) = follow.advance() else { panic!("not noticed") };
    assert_eq!((read, left), (62, 43));
    expect(&mut follow, "new");
    scene.append(&record(10, b"newer"));
    expect(&mut follow, "newer");
}

#[test]
fn a_replaced_file_is_read_to_its_end_before_the_new_one() {
    let scene = Scene::new(&pcap(&[(1, b"one")]));
    let mut follow = scene.follow();
    expect(&mut follow, "one");
    scene.append(&record(2, b"two"));
    fs::rename(scene.path(), scene.folder.path().join("rotated.pcap")).unwrap();
    fs::write(scene.path(), pcap(&[(3, b"new")])).unwrap();
    expect(&mut follow, "two");
    let error = follow.advance().unwrap_err();
    assert!(matches!(error, Error::Replaced { .. }) && !error.is_final(), "{error}");
    expect(&mut follow, "new");
}

#[test]
fn a_file_without_a_name_is_still_followed() {
    let scene = Scene::new(&pcap(&[(1, b"one")]));
    let mut writer = OpenOptions::new().append(true).open(scene.path()).unwrap();
    let mut follow = scene.follow();
    expect(&mut follow, "one");
    fs::remove_file(scene.path()).unwrap();
    writer.write_all(&record(2, b"two")).unwrap();
    expect(&mut follow, "two");
    scene.stop();
    expect_end(&mut follow);
}

#[test]
fn what_is_damaged_or_missing_is_said_once() {
    let mut bytes = pcap(&[(1, b"one"), (2, b"two")]);
    bytes[24 + 19 + 8..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let scene = Scene::new(&bytes);
    let mut follow = scene.follow();
    expect(&mut follow, "one");
    let error = follow.advance().unwrap_err();
    assert!(matches!(error, Error::Damaged { damage: Damage::PacketTooLong { .. }, .. }), "{error}");
    expect_end(&mut follow);

    fs::remove_file(scene.path()).unwrap();
    let mut follow = scene.follow();
    assert!(matches!(follow.advance(), Err(Error::Open { .. })));
    expect_end(&mut follow);
}

#[test]
fn compressed_files_are_followed_too() {
    let packed = zstd::encode_all(&pcap(&[(1, b"one")])[..], 3).unwrap();
    let scene = Scene::new(&packed[..packed.len() - 1]);
    scene.stop();
    expect_end(&mut scene.follow());
    let scene = Scene::new(&packed);
    let mut follow = scene.follow();
    expect(&mut follow, "one");
    scene.append(&zstd::encode_all(&record(2, b"two")[..], 3).unwrap());
    expect(&mut follow, "two");
}

/// A path that leads to the reading end of a pipe.
fn pipe() -> (File, PathBuf, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    let path = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
    (File::from(std::os::fd::OwnedFd::from(reader)), path, writer)
}

#[test]
fn packets_of_a_pipe_come_while_it_is_open() {
    let (reader, path, mut writer) = pipe();
    writer.write_all(&pcap(&[(1, b"one")])).unwrap();
    let mut file = CaptureFile::open(&path).unwrap();
    drop(reader);
    assert_eq!(file.next().unwrap().unwrap().bytes, b"one");
    assert_eq!((file.supply(), file.progress()), (Supply::Pending, Progress { read: 43, total: None }));
    writer.write_all(&[record(2, b"two"), record(3, b"three")].concat()).unwrap();
    assert_eq!(file.next().unwrap().unwrap().bytes, b"two");
    assert_eq!(file.supply(), Supply::Waiting);
    assert_eq!(file.next().unwrap().unwrap().bytes, b"three");
    drop(writer);
    assert!(file.next().unwrap().is_none());
}

#[test]
fn a_pipe_ends_when_it_is_closed_and_when_it_is_stopped() {
    let scene = Scene::new(b"");
    for (rest, is_cut) in [(&b""[..], false), (b"half", true)] {
        let (_reader, path, mut writer) = pipe();
        let mut follow = Follow::new(&path, &scene.stop);
        writer.write_all(&[&pcap(&[(1, b"one")]), rest].concat()).unwrap();
        expect(&mut follow, "one");
        drop(writer);
        if is_cut {
            assert!(matches!(follow.advance(), Err(Error::Damaged { damage: Damage::Cut { .. }, .. })));
        }
        expect_end(&mut follow);
    }
    let (_reader, path, mut writer) = pipe();
    let mut follow = Follow::new(&path, &scene.stop);
    writer.write_all(&[&pcap(&[(1, b"one")])[..], b"half"].concat()).unwrap();
    expect(&mut follow, "one");
    scene.stop();
    expect_end(&mut follow);
}
