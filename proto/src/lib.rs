//! The contract of Fengqiao: the generated messages, clients and servers of `proto/fengqiao`, their
//! descriptors, and the proto3 JSON form of any message.

pub mod json;

/// Shared types: sources, levels, forms, parties.
pub mod r#type {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.type.v1`
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/fengqiao.r#type.v1.rs"));
    }
}
pub use r#type as types;
/// The intake service.
pub mod intake {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.intake.v1`
    pub mod v1 {
        tonic::include_proto!("fengqiao.intake.v1");
    }
}
/// The routing service.
pub mod routing {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.routing.v1`
    pub mod v1 {
        tonic::include_proto!("fengqiao.routing.v1");
    }
}
/// The notification service.
pub mod notification {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.notification.v1`
    pub mod v1 {
        tonic::include_proto!("fengqiao.notification.v1");
    }
}
/// Sealing, which every service with personal data answers for.
pub mod sealing {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.sealing.v1`
    pub mod v1 {
        tonic::include_proto!("fengqiao.sealing.v1");
    }
}
/// The statistics service.
pub mod statistics {
    #![allow(missing_docs, clippy::all)]
    /// `fengqiao.statistics.v1`
    pub mod v1 {
        tonic::include_proto!("fengqiao.statistics.v1");
    }
}

/// The whole contract as an encoded `google.protobuf.FileDescriptorSet`, method options included.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.bin"));
