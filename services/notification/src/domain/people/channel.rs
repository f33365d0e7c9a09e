//! By which channels persons are told.

/// A way to a person's telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// 短信
    Sms,
    /// 语音外呼: a machine calls and reads the text.
    Voice,
    /// 政务微信
    Wechat,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Voice, Self::Wechat];

    /// The number by which the store and the contract know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The channel of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// Its name in the county's file and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Wechat => "wechat",
        }
    }

    /// The channel of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}
