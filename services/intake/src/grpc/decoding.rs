//! A codec whose messages may be wrong: what cannot be decoded is handed on with what is wrong in it,
//! and the next message is read as if nothing had been. It reads what [`sifting`](super::sifting) lets through.

use std::marker::PhantomData;

use bytes::Buf as _;
use prost::{Message, Name};
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstEncoder};

use super::{
    sifting::Fault,
    undecodable::{Undecodable, mark},
};
use crate::error::IntakeError;

/// A message, or what its sender is told of the bytes that should have been one. A message is handed from layer to layer
/// and into the future of its call, and a report takes more than a kilobyte: what is handed on is where it lies.
pub type Decoded<M> = Result<Box<M>, Unread>;

/// Bytes that are no message.
#[derive(Debug)]
pub struct Unread {
    /// The number in field 1, where one could be read: a stream's message is answered by it.
    pub mark: u64,
    /// What its sender is told.
    pub error: IntakeError,
}

impl From<Undecodable> for Unread {
    fn from(found: Undecodable) -> Self {
        Self { mark: found.mark, error: IntakeError::Invalid(found.violations) }
    }
}

impl Unread {
    fn put_aside(fault: Fault, head: &[u8]) -> Self {
        let error = match fault {
            Fault::TooLarge => IntakeError::invalid("report", "must have at most 1 MiB"),
            Fault::Marked => IntakeError::invalid("", "must not be compressed"),
            Fault::CutOff | Fault::Broken => IntakeError::invalid("", super::undecodable::BROKEN),
            Fault::NoRoom => IntakeError::Full,
        };
        Self { mark: mark(head), error }
    }
}

/// Room for a usual report and for a usual answer; the buffers grow where a message is larger. The library's
/// own 8 KiB each way are taken and given back with every call.
const READ_BYTES: usize = 2 * 1024;
const WRITE_BYTES: usize = 512;
/// How much is gathered before it is handed to the connection.
const YIELD_BYTES: usize = 32 * 1024;

/// Writes `A`, reads [`Decoded`] `M`.
#[derive(Debug)]
pub struct ContractCodec<A, M>(PhantomData<(A, M)>);

impl<A, M> Default for ContractCodec<A, M> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<A, M> Codec for ContractCodec<A, M>
where
    A: Message + 'static,
    M: Message + Default + Name + 'static,
{
    type Encode = A;
    type Decode = Decoded<M>;
    type Encoder = ProstEncoder<A>;
    type Decoder = ContractDecoder<M>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<A, M>::raw_encoder(BufferSettings::new(WRITE_BYTES, YIELD_BYTES))
    }

    fn decoder(&mut self) -> Self::Decoder {
        ContractDecoder(PhantomData)
    }
}

/// Reads [`Decoded`] `M`.
#[derive(Debug)]
pub struct ContractDecoder<M>(PhantomData<M>);

impl<M: Message + Default + Name> Decoder for ContractDecoder<M> {
    type Item = Decoded<M>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let length = buffer.remaining();
        // One whole message lies in the buffer, in one piece.
        let bytes = &buffer.chunk()[..length.min(buffer.chunk().len())];
        let decoded = match Fault::read(bytes) {
            Some((fault, head)) => Err(Unread::put_aside(fault, head)),
            None => {
                let mut message = Box::<M>::default();
                match message.merge(bytes) {
                    Ok(()) => Ok(message),
                    Err(_) => Err(Undecodable::examine(&M::full_name(), bytes).into()),
                }
            }
        };
        // All of it is taken, right or wrong: what follows is the next message.
        buffer.advance(length);
        Ok(Some(decoded))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(READ_BYTES, YIELD_BYTES)
    }
}
