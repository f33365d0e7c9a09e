//! What an agency may do with a push, and in which state: the one place that decides it.

use fengqiao_proto::notification::v1::{ReceiptState, ReturnReason};

/// What an agency asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Takes the assignment (签收).
    Sign,
    /// Refuses it (退回).
    Return,
    /// Says what it did (反馈).
    Feedback,
    /// Not the agency's: the centre takes it back (撤回).
    Recall,
}

/// What becomes of the push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes over into this state.
    Become(ReceiptState),
    /// It was done before; the answer is as it was then and nothing changes.
    Already,
}

/// Why the state does not allow the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A returned push is the centre's again.
    #[error("the push was returned; the centre assigns it anew")]
    Returned,
    /// Whoever has said what it did cannot say that it is not its matter.
    #[error("the push was answered and cannot be given or taken back any more")]
    Answered,
    /// Nothing is owed of it any more.
    #[error("the push was recalled by the centre; nothing is owed of it any more")]
    Recalled,
    /// First the agency signs.
    #[error("the push is not signed yet; sign it first")]
    Unsigned,
    /// The county's practice wants evidence for this reason.
    #[error("the return would have to name evidence: the county's practice wants it for this reason")]
    EvidenceMissing,
}

/// For which reasons a push is returned only with evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvidenceFor(i32);

impl EvidenceFor {
    /// For these reasons.
    pub fn reasons(reasons: impl IntoIterator<Item = ReturnReason>) -> Self {
        Self(reasons.into_iter().fold(0, |bits, reason| bits | 1 << reason as i32))
    }

    /// As the store holds it.
    #[must_use]
    pub const fn from_bits(bits: i32) -> Self {
        Self(bits)
    }

    /// Bit n stands for the reason with the number n.
    #[must_use]
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// That a return for this reason has the evidence that is wanted.
    ///
    /// # Errors
    /// [`Forbidden::EvidenceMissing`] where it has not.
    pub const fn check(self, reason: ReturnReason, given: bool) -> Result<(), Forbidden> {
        if self.0 >> reason as i32 & 1 == 1 && !given { Err(Forbidden::EvidenceMissing) } else { Ok(()) }
    }
}

impl Forbidden {
    /// A short code for `google.rpc.ErrorInfo`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Returned => "PUSH_RETURNED",
            Self::Answered => "PUSH_ANSWERED",
            Self::Recalled => "PUSH_RECALLED",
            Self::Unsigned => "PUSH_UNSIGNED",
            Self::EvidenceMissing => "EVIDENCE_MISSING",
        }
    }
}

/// Decides a command in a state.
///
/// # Errors
/// [`Forbidden`] where the state does not allow it.
pub const fn decide(state: ReceiptState, command: Command) -> Result<Decision, Forbidden> {
    match (command, state) {
        (Command::Sign, ReceiptState::Unsigned | ReceiptState::Unspecified) => {
            Ok(Decision::Become(ReceiptState::Signed))
        }
        (Command::Sign, ReceiptState::Signed | ReceiptState::Answered)
        | (Command::Return, ReceiptState::Returned)
        | (Command::Recall, ReceiptState::Recalled) => Ok(Decision::Already),
        (Command::Return, ReceiptState::Unsigned | ReceiptState::Signed | ReceiptState::Unspecified) => {
            Ok(Decision::Become(ReceiptState::Returned))
        }
        (Command::Feedback, ReceiptState::Signed | ReceiptState::Answered) => {
            Ok(Decision::Become(ReceiptState::Answered))
        }
        (Command::Recall, ReceiptState::Unsigned | ReceiptState::Signed | ReceiptState::Unspecified) => {
            Ok(Decision::Become(ReceiptState::Recalled))
        }
        (Command::Sign | Command::Return | Command::Feedback, ReceiptState::Recalled) => {
            Err(Forbidden::Recalled)
        }
        (Command::Sign | Command::Feedback | Command::Recall, ReceiptState::Returned) => {
            Err(Forbidden::Returned)
        }
        (Command::Return | Command::Recall, ReceiptState::Answered) => Err(Forbidden::Answered),
        (Command::Feedback, ReceiptState::Unsigned | ReceiptState::Unspecified) => Err(Forbidden::Unsigned),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ReceiptState::{Answered, Recalled, Returned, Signed, Unsigned};

    #[test]
    fn signing_twice_answers_as_the_first_time() {
        assert_eq!(decide(Unsigned, Command::Sign), Ok(Decision::Become(Signed)));
        assert_eq!(decide(Signed, Command::Sign), Ok(Decision::Already));
        assert_eq!(decide(Answered, Command::Sign), Ok(Decision::Already));
    }

    #[test]
    fn a_returned_push_cannot_be_signed_or_answered() {
        assert_eq!(decide(Returned, Command::Sign), Err(Forbidden::Returned));
        assert_eq!(decide(Returned, Command::Feedback), Err(Forbidden::Returned));
        assert_eq!(decide(Returned, Command::Return), Ok(Decision::Already));
    }

    #[test]
    fn only_a_signed_push_is_answered_and_an_answered_one_not_returned() {
        assert_eq!(decide(Unsigned, Command::Feedback), Err(Forbidden::Unsigned));
        assert_eq!(decide(Signed, Command::Feedback), Ok(Decision::Become(Answered)));
        assert_eq!(decide(Answered, Command::Feedback), Ok(Decision::Become(Answered)));
        assert_eq!(decide(Answered, Command::Return), Err(Forbidden::Answered));
        assert_eq!(decide(Signed, Command::Return), Ok(Decision::Become(Returned)));
    }

    #[test]
    fn nothing_can_be_done_with_what_was_recalled_and_only_what_is_owed_is_recalled() {
        for command in [Command::Sign, Command::Return, Command::Feedback] {
            assert_eq!(decide(Recalled, command), Err(Forbidden::Recalled));
        }
        assert_eq!(decide(Unsigned, Command::Recall), Ok(Decision::Become(Recalled)));
        assert_eq!(decide(Signed, Command::Recall), Ok(Decision::Become(Recalled)));
        assert_eq!(decide(Recalled, Command::Recall), Ok(Decision::Already));
        assert_eq!(decide(Returned, Command::Recall), Err(Forbidden::Returned));
        assert_eq!(decide(Answered, Command::Recall), Err(Forbidden::Answered));
    }

    #[test]
    fn evidence_is_wanted_for_the_reasons_of_the_practice_alone() {
        let wanted = EvidenceFor::reasons([ReturnReason::NotOurDuty, ReturnReason::Duplicate]);
        assert_eq!(EvidenceFor::from_bits(wanted.bits()), wanted);
        assert_eq!(wanted.check(ReturnReason::NotOurDuty, false), Err(Forbidden::EvidenceMissing));
        assert_eq!(wanted.check(ReturnReason::NotOurDuty, true), Ok(()));
        assert_eq!(wanted.check(ReturnReason::NotOurArea, false), Ok(()));
        assert_eq!(EvidenceFor::default().check(ReturnReason::Duplicate, false), Ok(()));
    }

    fn commands() -> impl Strategy<Value = Vec<Command>> {
        proptest::collection::vec(
            prop_oneof![
                Just(Command::Sign),
                Just(Command::Return),
                Just(Command::Feedback),
                Just(Command::Recall)
            ],
            0..12,
        )
    }

    proptest! {
        /// Whatever is tried: returned and recalled are final, answered stays answered, and nothing is ever
        /// unsigned again.
        #[test]
        fn no_sequence_of_commands_goes_back(commands in commands()) {
            let mut state = Unsigned;
            for command in commands {
                let before = state;
                if let Ok(Decision::Become(next)) = decide(state, command) {
                    state = next;
                }
                prop_assert!(state as i32 != 0);
                prop_assert!(before != Returned || state == Returned);
                prop_assert!(before != Recalled || state == Recalled);
                prop_assert!(before != Answered || state == Answered);
                prop_assert!(before == Unsigned || state != Unsigned);
                // The same command at once again changes nothing.
                if let Ok(Decision::Become(again)) = decide(state, command) {
                    prop_assert!(state != before || again == state);
                }
            }
        }
    }
}
