//! The files on the command line as one source.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::args::Args;
use super::read::Feed;
use crate::source::{
    self, Ahead, Annotated, Chain, Expression, Follow, LazyFile, Merge, Order, Orders, Progress, Source, Supply, Watch,
};
use crate::sys::{Interrupts, door};
use crate::trace::{Glance, Lookout};
use crate::wire::{Comments, Packet};

/// What to read, and how.
pub(super) struct Input<'a> {
    args: &'a Args,
    /// Ctrl-C ends the reading, not the program.
    stop: Interrupts,
    /// Of the last reading.
    orders: RefCell<Orders>,
    comments: Comments,
}

impl<'a> Input<'a> {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// Ctrl-C cannot be waited for.
    pub(super) fn new(args: &'a Args) -> anyhow::Result<Self> {
        let stop = Interrupts::new().context("cannot wait for Ctrl-C")?;
        Ok(Self { args, stop, orders: RefCell::default(), comments: Comments::default() })
    }

    /// Whether packets may come while they happen, so that what was found is shown before the next is waited for.
    pub(super) fn is_live(&self) -> bool {
        self.args.reading.follow || !self.args.files.iter().all(|file| is_regular(file))
    }

    /// What the last reading noticed of the order of each file's packets.
    pub(super) fn orders(&self) -> Vec<Order> {
        self.orders.borrow().noticed()
    }

    /// What was remarked in the files, as far as they were read to be shown segment by segment.
    pub(super) const fn comments(&self) -> &Comments {
        &self.comments
    }

    /// What collects Ctrl-C while packets are read.
    pub(super) const fn stop(&self) -> &Interrupts {
        &self.stop
    }

    /// Which packets count, if not all.
    ///
    /// # Errors
    /// The filter is not one.
    pub(super) fn filter(&self) -> Result<Option<Expression>, source::Error> {
        self.args.choice.filter.as_ref().map(Expression::new).transpose()
    }

    /// All packets, with glances by `lookout` if they can be read ahead. Whether the files can be opened shows when they
    /// are read.
    pub(super) fn packets(&self, lookout: Option<Lookout>) -> Packets<'_> {
        let annotated = lookout.is_none() && !self.args.is_of_verdicts();
        let comments = || self.comments.clone();
        if self.is_live() {
            let source = packets(self.args, Some(&self.stop));
            return Packets::Live(if annotated { Box::new(Annotated::new(source, comments())) } else { source });
        }
        let glance = move |packet: &Packet<'_>| lookout.as_ref()?.glance(packet);
        let orders = Orders::default();
        self.orders.replace(orders.clone());
        let source = recorded(self.args, &orders);
        Packets::Ahead(Box::new(if annotated {
            Ahead::new(Annotated::new(source, comments()), glance)
        } else {
            Ahead::new(source, glance)
        }))
    }
}

/// The packets of a reading.
pub(super) enum Packets<'a> {
    /// They may have to be waited for.
    Live(Box<dyn Source + 'a>),
    /// They are read ahead, and perhaps glanced at.
    Ahead(Box<Ahead<Glance>>),
}

impl Feed for Packets<'_> {
    /// Passes over the next packets, but not more than these, for as long as `accept` takes a glance at each; answers how
    /// many.
    #[inline]
    fn glance_over(&mut self, at_most: u64, accept: impl FnMut(&Glance) -> bool) -> u64 {
        match self {
            Self::Live(_) => 0,
            Self::Ahead(ahead) => ahead.pass_over(at_most, accept),
        }
    }

    /// Whether a glance at the packet at hand was possible.
    fn was_glanced(&self) -> bool {
        match self {
            Self::Live(_) => false,
            Self::Ahead(ahead) => ahead.made().is_some(),
        }
    }
}

impl Packets<'_> {
    const fn source(&self) -> &dyn Source {
        match self {
            Self::Live(source) => source,
            Self::Ahead(source) => source,
        }
    }
}

impl Source for Packets<'_> {
    #[inline]
    fn advance(&mut self) -> Result<bool, source::Error> {
        match self {
            Self::Live(source) => source.advance(),
            Self::Ahead(source) => source.advance(),
        }
    }

    #[inline]
    fn packet(&self) -> Option<Packet<'_>> {
        self.source().packet()
    }

    fn supply(&self) -> Supply {
        self.source().supply()
    }

    fn wait(&self, at_most: Duration) -> bool {
        self.source().wait(at_most)
    }

    fn progress(&self) -> Progress {
        self.source().progress()
    }
}

/// All packets; what has to be waited for ends when `stop` can be read, if there is one.
pub(super) fn packets<'a>(args: &'a Args, stop: Option<&'a impl AsFd>) -> Box<dyn Source + 'a> {
    let (files, merge): (&[PathBuf], bool) = (&args.files, args.reading.merge);
    // Waited for by ourselves, and not within a read that no signal ends.
    let awaited = |stop: &'a _| files.iter().map(move |file| awaited(args, file, stop)).collect();
    let is_live = args.reading.follow || !files.iter().all(|file| is_regular(file));
    match (stop.filter(|_| is_live), merge) {
        (Some(stop), false) => Box::new(Chain::new(awaited(stop))),
        (Some(stop), true) => Box::new(Merge::new(awaited(stop))),
        (None, _) => recorded(args, &Orders::default()),
    }
}

/// All packets of files that exist; what is noticed of their order goes to `orders`.
fn recorded(args: &Args, orders: &Orders) -> Box<dyn Source + Send> {
    let watched = |file: &PathBuf| Watch::new(LazyFile::new(file), file.to_string_lossy().into_owned(), orders.clone());
    let files = args.files.iter().map(watched).collect();
    if args.reading.merge { Box::new(Merge::new(files)) } else { Box::new(Chain::new(files)) }
}

/// One of the files, some of which may have to be waited for.
fn awaited<'a>(args: &Args, file: &'a Path, stop: &'a impl AsFd) -> Box<dyn Source + 'a> {
    let is_awaited = args.reading.follow || !is_regular(file);
    if is_awaited { Box::new(Follow::new(file, stop)) } else { Box::new(LazyFile::new(file)) }
}

/// Whether all packets can be read a second time.
pub(super) fn is_repeatable(args: &Args) -> bool {
    !args.reading.follow && args.files.iter().all(|file| file != Path::new("-") && is_regular(file))
}

/// Whether a path, of which `-` is standard input, is a file that can be read again. What does not exist counts as one:
/// nothing of it has to be waited for.
fn is_regular(path: &Path) -> bool {
    let is_file = if path == Path::new("-") {
        let stdin = io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| File::from(stdin).metadata());
        stdin.map(|metadata| metadata.is_file())
    } else {
        door::look(path).map(|look| look.is_file)
    };
    is_file.unwrap_or(true)
}
