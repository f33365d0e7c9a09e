//! The messages of a call, taken out of the bytes that come: what is no message by its frame alone is put aside and
//! told of in its place, so that the next message is read as if nothing had been.
//!
//! Of all that callers may begin and never end, only so much is kept, over all calls and for each caller, so that one
//! leaves room to the others; and who has begun a message has to come to its end. A frame is five bytes (a mark whether it is compressed, and its length) and a message.

use std::{
    collections::HashMap,
    future::Future as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use fengqiao_access::Principal;
use fengqiao_serving::MAX_MESSAGE_BYTES;
use http_body::{Body as HttpBody, Frame};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tonic::{Status, body::Body};

/// From its first byte to its last, a message may take so long.
const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// So much is kept of messages that are not whole yet, over all calls …
const UNFINISHED_KIB: usize = 24 * 1024;
/// … and over those of one caller.
const UNFINISHED_KIB_OF_ONE: usize = 8 * 1024;
/// More callers than this are not remembered while they have nothing unfinished.
const MOST_REMEMBERED: usize = 1_000;
const HEADER: usize = 5;
/// So much of a message that is put aside is looked at, for the mark by which it is answered.
const HEAD: usize = 16;
/// What stands for a message that is put aside begins with it: in the contract's encoding nothing does.
const PUT_ASIDE: u8 = 0;

/// Why a message was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is more than a message may have.
    TooLarge,
    /// It did not come to its end.
    CutOff,
    /// It is marked as compressed, or with a mark that means nothing.
    Marked,
    /// The caller, or all of them, have too much unfinished.
    NoRoom,
    /// It begins as no message does.
    Broken,
}

impl Fault {
    const ALL: [Self; 5] = [Self::TooLarge, Self::CutOff, Self::Marked, Self::NoRoom, Self::Broken];

    /// What stands in a call for a message that was put aside, and the beginning of that message.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let [PUT_ASIDE, why, head @ ..] = bytes else { return None };
        Some((*Self::ALL.get(usize::from(*why))?, head))
    }

    fn write(self, head: &[u8]) -> Bytes {
        let mut bytes = vec![0, 0, 0, 0, 2 + head.len() as u8, PUT_ASIDE, self as u8];
        bytes.extend_from_slice(head);
        bytes.into()
    }
}

/// The room for unfinished messages of all calls of a service.
#[derive(Clone)]
pub(crate) struct Unfinished {
    all: Arc<Semaphore>,
    by_caller: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Default for Unfinished {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(UNFINISHED_KIB)), by_caller: Arc::default() }
    }
}

/// Room for one message: of the caller's, and of all.
type Room = [OwnedSemaphorePermit; 2];

impl Unfinished {
    fn room_for(&self, caller: &str, length: usize) -> Option<Room> {
        let kib = u32::try_from(length.div_ceil(1024)).ok()?;
        let own = self.of_caller(caller).try_acquire_many_owned(kib).ok()?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(kib).ok()?;
        Some([own, all])
    }

    fn of_caller(&self, caller: &str) -> Arc<Semaphore> {
        let mut known = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = known.get(caller) {
            return Arc::clone(room);
        }
        if known.len() >= MOST_REMEMBERED {
            known.retain(|_, room| room.available_permits() < UNFINISHED_KIB_OF_ONE);
        }
        let room = Arc::new(Semaphore::new(UNFINISHED_KIB_OF_ONE));
        known.insert(caller.to_owned(), Arc::clone(&room));
        room
    }
}

/// How many messages a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Messages {
    /// What comes after the first one is not read.
    One,
    /// Any number.
    Many,
}

/// A call's body whose every message is whole, or stands for one that is not.
pub(crate) struct Sifted {
    body: Body,
    caller: Option<Arc<Principal>>,
    messages: Messages,
    unfinished: Unfinished,
    at: At,
    /// What came and was not looked at.
    rest: Bytes,
    ready: Option<Bytes>,
    waits: Option<Pin<Box<Sleep>>>,
    message_time: Duration,
    ended: bool,
}

/// What comes next.
enum At {
    /// A frame's first bytes; so much of them is here.
    Header([u8; HEADER], usize),
    /// The rest of a message, of which this is here.
    Message { so_far: BytesMut, left: usize, _room: Room },
    /// The rest of a message that is put aside; told of once its beginning is here.
    Rest { left: usize, untold: Option<(Fault, Vec<u8>)> },
}

const BEGIN: At = At::Header([0; HEADER], 0);

impl Sifted {
    /// The messages of a caller's call; what comes without a caller is as one caller's.
    pub(super) fn new(
        body: Body,
        caller: Option<Arc<Principal>>,
        messages: Messages,
        unfinished: Unfinished,
    ) -> Self {
        Self {
            body,
            caller,
            messages,
            unfinished,
            at: BEGIN,
            rest: Bytes::new(),
            ready: None,
            waits: None,
            message_time: MESSAGE_TIME,
            ended: false,
        }
    }

    /// Goes on with bytes; returns those that were not needed for what is ready then.
    fn take(&mut self, mut bytes: Bytes) -> Bytes {
        while self.ready.is_none() && !bytes.is_empty() {
            match &mut self.at {
                At::Header(_, 0) if whole(&bytes) > 0 => self.ready = Some(bytes.split_to(whole(&bytes))),
                At::Header(header, here) => {
                    let part = bytes.split_to((HEADER - *here).min(bytes.len()));
                    header[*here..*here + part.len()].copy_from_slice(&part);
                    *here += part.len();
                    if *here == HEADER {
                        let header = *header;
                        self.begin(header);
                    }
                }
                At::Message { so_far, left, .. } => {
                    let part = bytes.split_to((*left).min(bytes.len()));
                    so_far.extend_from_slice(&part);
                    *left -= part.len();
                    if *left == 0 {
                        let message = std::mem::take(so_far).freeze();
                        self.at = BEGIN;
                        self.ready = Some(match message.get(HEADER) {
                            Some(&PUT_ASIDE) => Fault::Broken.write(&[]),
                            _ => message,
                        });
                    }
                }
                At::Rest { left, untold } => {
                    let part = bytes.split_to((*left).min(bytes.len()));
                    *left -= part.len();
                    let all_here = *left == 0;
                    if let Some((_, head)) = untold {
                        head.extend_from_slice(&part[..part.len().min(HEAD - head.len())]);
                    }
                    if let Some((fault, head)) = untold.take_if(|(_, head)| head.len() == HEAD || all_here) {
                        self.ready = Some(fault.write(&head));
                    }
                    if all_here {
                        self.at = BEGIN;
                    }
                }
            }
        }
        bytes
    }

    /// A frame's first bytes are here, and not its whole message.
    fn begin(&mut self, header: [u8; HEADER]) {
        let [flag, length @ ..] = header;
        let left = u32::from_be_bytes(length) as usize;
        if flag == 0 && left == 0 {
            // Nothing more of it comes.
            self.at = BEGIN;
            self.ready = Some(Bytes::copy_from_slice(&header));
            return;
        }
        let fault = if flag != 0 {
            Fault::Marked
        } else if left > MAX_MESSAGE_BYTES {
            Fault::TooLarge
        } else if let Some(room) = self.room_for(left) {
            self.at = At::Message { so_far: BytesMut::from(&header[..]), left, _room: room };
            return;
        } else {
            Fault::NoRoom
        };
        self.at = At::Rest { left, untold: Some((fault, Vec::new())) };
        if left == 0 {
            self.at = BEGIN;
            self.ready = Some(fault.write(&[]));
        }
    }

    fn room_for(&self, length: usize) -> Option<Room> {
        let caller = self.caller.as_ref().map_or("", |caller| caller.name.as_str());
        self.unfinished.room_for(caller, length)
    }

    /// No more comes.
    fn end(&mut self) {
        self.ended = true;
        let told = match std::mem::replace(&mut self.at, BEGIN) {
            At::Rest { untold: None, .. } => return,
            At::Header(_, 0) if self.messages == Messages::Many => return,
            At::Header(..) => Fault::CutOff.write(&[]),
            At::Message { so_far, .. } => {
                let message = so_far.get(HEADER..).unwrap_or_default();
                Fault::CutOff.write(&message[..message.len().min(HEAD)])
            }
            At::Rest { untold: Some((fault, head)), .. } => fault.write(&head),
        };
        self.ready = Some(told);
    }

    /// Ready where a message did not come in time. A stream may be silent between two of them.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.messages == Messages::Many && matches!(self.at, At::Header(_, 0)) {
            self.waits = None;
            return Poll::Pending;
        }
        let time = self.message_time;
        let waits = self.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        if waits.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        // Whoever looks is woken when the time is over. Where it is seen later nobody looked, since we had enough to do: as
        // long as we take nothing the caller cannot send, so it has its time from now on.
        if waits.deadline().elapsed() > time / 10 {
            waits.as_mut().reset(tokio::time::Instant::now() + time);
            return waits.as_mut().poll(context);
        }
        Poll::Ready(())
    }
}

/// How many of the bytes are whole frames whose message may be one.
fn whole(bytes: &[u8]) -> usize {
    let mut taken = 0;
    while let Some(([0, length @ ..], rest)) = bytes[taken..].split_first_chunk::<HEADER>() {
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_MESSAGE_BYTES || rest.len() < length || (length > 0 && rest[0] == PUT_ASIDE) {
            break;
        }
        taken += HEADER + length;
    }
    taken
}

impl HttpBody for Sifted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Some(bytes) = this.ready.take() {
                this.waits = None;
                this.ended |= this.messages == Messages::One;
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            if !this.rest.is_empty() {
                let rest = std::mem::take(&mut this.rest);
                this.rest = this.take(rest);
                continue;
            }
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Pending => {
                    return this.poll_late(context).map(|()| {
                        this.ended = true;
                        Some(Err(Status::deadline_exceeded("a message did not come to its end in time")))
                    });
                }
                Poll::Ready(Some(Ok(frame))) => this.rest = frame.into_data().unwrap_or_default(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => this.end(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};
    use http_body_util::{BodyExt as _, StreamBody};
    use proptest::prelude::*;

    use super::*;

    fn frame(flag: u8, says: usize, message: &[u8]) -> Vec<u8> {
        [&[flag][..], &(says as u32).to_be_bytes(), message].concat()
    }

    fn body(chunks: Vec<Vec<u8>>) -> Body {
        let frames = chunks.into_iter().map(|chunk| Ok::<_, Status>(Frame::data(Bytes::from(chunk))));
        Body::new(StreamBody::new(stream::iter(frames)))
    }

    /// The messages that come out, whole ones and what stands for others.
    async fn sifted(chunks: Vec<Vec<u8>>, messages: Messages, unfinished: Unfinished) -> Vec<Vec<u8>> {
        let bytes = Sifted::new(body(chunks), None, messages, unfinished).collect().await.unwrap().to_bytes();
        let mut left = &bytes[..];
        let mut found = Vec::new();
        while let Some((header, rest)) = left.split_first_chunk::<HEADER>() {
            assert_eq!(header[0], 0, "what comes out is plain");
            let (message, rest) = rest.split_at(u32::from_be_bytes(header[1..].try_into().unwrap()) as usize);
            found.push(message.to_vec());
            left = rest;
        }
        assert!(left.is_empty());
        found
    }

    async fn of_stream(chunks: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        sifted(chunks, Messages::Many, Unfinished::default()).await
    }

    fn fault(message: &[u8]) -> Option<Fault> {
        Fault::read(message).map(|(fault, _)| fault)
    }

    #[tokio::test]
    async fn what_is_no_message_is_told_of_in_its_place() {
        let good = |n: u8| frame(0, 2, &[8, n]);
        let large = vec![9; MAX_MESSAGE_BYTES + 1];
        let all = [
            good(1),
            frame(0, large.len(), &large),
            good(2),
            frame(1, 3, &[8, 3, 3]),
            frame(7, 0, &[]),
            good(4),
            frame(0, 3, &[0, 1, 2]),
            good(5),
            frame(0, 200, &[8, 6]),
        ]
        .concat();
        let found = of_stream(all.chunks(10_000).map(<[u8]>::to_vec).collect()).await;
        let faults: Vec<Option<Fault>> = found.iter().map(|message| fault(message)).collect();
        let of = |fault| Some(fault);
        assert_eq!(
            faults,
            [
                None,
                of(Fault::TooLarge),
                None,
                of(Fault::Marked),
                of(Fault::Marked),
                None,
                of(Fault::Broken),
                None,
                of(Fault::CutOff)
            ]
        );
        assert_eq!(Fault::read(&found[3]).unwrap().1, [8, 3, 3], "its mark can be read");
    }

    #[tokio::test]
    async fn a_call_of_one_message_has_one_whatever_comes() {
        for (sent, told) in [
            (Vec::new(), Some(Fault::CutOff)),
            (frame(0, 2, &[8, 1]), None),
            ([frame(0, 2, &[8, 1]), frame(0, 9, &[8])].concat(), None),
            (frame(0, 1 << 30, &[8; 100]), Some(Fault::TooLarge)),
        ] {
            let found = sifted(vec![sent], Messages::One, Unfinished::default()).await;
            assert_eq!(found.iter().map(|message| fault(message)).collect::<Vec<_>>(), [told]);
        }
    }

    #[tokio::test]
    async fn of_what_is_unfinished_only_so_much_is_kept() {
        let unfinished = Unfinished::default();
        let half = frame(0, MAX_MESSAGE_BYTES, &[8; 1000]);
        let endless = |chunk: Vec<u8>| {
            let frames = stream::iter([Ok::<_, Status>(Frame::data(Bytes::from(chunk)))]);
            Body::new(StreamBody::new(frames.chain(stream::pending())))
        };
        let caller = |name: &str| Some(Arc::new(Principal::new(name, "421181", "officer", None).unwrap()));
        let begin_as =
            |who, chunk| Sifted::new(endless(chunk), caller(who), Messages::Many, unfinished.clone());
        let begin = |chunk| begin_as("one", chunk);
        let mut open: Vec<Sifted> = (0..UNFINISHED_KIB_OF_ONE / 1024).map(|_| begin(half.clone())).collect();
        for call in &mut open {
            assert!(futures::poll!(call.frame()).is_pending());
        }
        let refused = begin(half.clone()).frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(fault(&refused[HEADER..]), Some(Fault::NoRoom));
        assert!(
            futures::poll!(begin_as("another", half.clone()).frame()).is_pending(),
            "that is the one's matter"
        );
        // A whole one needs no room, and what is given up leaves it to others.
        assert_eq!(
            begin(frame(0, 2, &[8, 1])).frame().await.unwrap().unwrap().into_data().unwrap()[5..],
            [8, 1]
        );
        open.pop();
        assert!(futures::poll!(begin(half).frame()).is_pending());
    }

    #[tokio::test]
    async fn who_begins_a_message_comes_to_its_end() {
        let begin = |chunk: Vec<u8>, messages| {
            let frames = stream::iter([Ok::<_, Status>(Frame::data(Bytes::from(chunk)))]);
            let body = Body::new(StreamBody::new(frames.chain(stream::pending())));
            let sifted = Sifted::new(body, None, messages, Unfinished::default());
            Sifted { message_time: Duration::from_millis(100), ..sifted }
        };
        for (chunk, messages) in
            [(frame(0, 100, &[8]), Messages::Many), (vec![0, 0], Messages::Many), (Vec::new(), Messages::One)]
        {
            let late = begin(chunk, messages).frame().await.unwrap().unwrap_err();
            assert_eq!(late.code(), tonic::Code::DeadlineExceeded);
        }
        let mut silent = begin(frame(0, 2, &[8, 1]), Messages::Many);
        silent.frame().await.unwrap().unwrap();
        let longer = Duration::from_millis(300);
        assert!(tokio::time::timeout(longer, silent.frame()).await.is_err(), "between messages it may wait");
    }

    #[tokio::test]
    async fn the_time_in_which_nobody_looks_is_not_the_callers() {
        let (chunks, body) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();
        let frames = stream::unfold(body, |mut body| async {
            let chunk = body.recv().await?;
            Some((Ok::<_, Status>(Frame::data(Bytes::from(chunk))), body))
        });
        let whole = frame(0, 2, &[8, 1]);
        let body = Body::new(StreamBody::new(frames));
        let sifted = Sifted::new(body, None, Messages::Many, Unfinished::default());
        let message_time = Duration::from_millis(500);
        let mut slow = Sifted { message_time, ..sifted };
        chunks.send(whole[..6].to_vec()).unwrap();
        assert!(futures::poll!(slow.frame()).is_pending());
        tokio::time::sleep(message_time * 2).await;
        assert!(futures::poll!(slow.frame()).is_pending(), "it had no room to go on");
        chunks.send(whole[6..].to_vec()).unwrap();
        assert_eq!(slow.frame().await.unwrap().unwrap().into_data().unwrap()[HEADER..], [8, 1]);
        // Who is looked for the whole time and does not come to an end has had its time.
        chunks.send(whole[..6].to_vec()).unwrap();
        let late = slow.frame().await.unwrap().unwrap_err();
        assert_eq!(late.code(), tonic::Code::DeadlineExceeded);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_same_comes_out(
            messages in prop::collection::vec(
                (prop_oneof![8 => Just(0_u8), 1 => any::<u8>()], prop::collection::vec(any::<u8>(), 0..40)),
                0..12,
            ),
            cuts in prop::collection::vec(1_usize..60, 1..80),
            lost in 0_usize..20,
        ) {
            let mut all: Vec<u8> = messages.iter().flat_map(|(flag, m)| frame(*flag, m.len(), m)).collect();
            all.truncate(all.len().saturating_sub(lost));
            let mut left = all.as_slice();
            let mut chunks = Vec::new();
            for cut in cuts.iter().cycle() {
                if left.is_empty() {
                    break;
                }
                let (part, rest) = left.split_at((*cut).min(left.len()));
                chunks.push(part.to_vec());
                left = rest;
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let (whole, cut) = runtime.block_on(async {
                (of_stream(vec![all.clone()]).await, of_stream(chunks).await)
            });
            prop_assert_eq!(&whole, &cut);
            let untouched = messages.iter().filter(|(flag, m)| *flag == 0 && m.first() != Some(&PUT_ASIDE));
            let told = whole.iter().filter(|m| Fault::read(m).is_none()).count();
            prop_assert!(told <= untouched.count(), "nothing is made up");
        }
    }
}
