//! Messages of the master.

use super::message_value::MessageValue;
use super::spawn_job::SpawnJob;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MasterMessage {
    /// Answers `client_ready`. The index counts workers from 0 in the order in which the master met them.
    Ack {
        index: Option<u64>,
    },
    Spawn(Box<SpawnJob>),
    /// All users of all workers run.
    SpawningComplete,
    Stop,
    Quit,
    /// Answers a heartbeat.
    Heartbeat,
    Reconnect,
    /// Settings of a class from the web page.
    UpdateUserClass,
    /// Has a type that this worker does not know.
    Unknown(String),
}

impl MasterMessage {
    /// Reads a frame; the error says why it is not a message.
    pub(crate) fn decode(frame: &[u8]) -> Result<MasterMessage, String> {
        let message = MessageValue::decode(frame)?;
        let MessageValue::List(parts) = &message else {
            return Err(format!("expected an array, found {}", message.kind()));
        };
        let (Some(kind), data) = (parts.first(), parts.get(1).unwrap_or(&MessageValue::Nil)) else {
            return Err("found an empty array".to_owned());
        };
        let text = kind.as_text();
        let kind = text.ok_or_else(|| format!("type: expected a string, found {}", kind.kind()))?;
        Ok(match kind {
            "ack" => MasterMessage::Ack {
                index: data.get("index").and_then(MessageValue::as_count),
            },
            "spawn" => {
                let job = SpawnJob::from_value(data).map_err(|error| format!("spawn: {error}"))?;
                MasterMessage::Spawn(Box::new(job))
            }
            "spawning_complete" => MasterMessage::SpawningComplete,
            "stop" => MasterMessage::Stop,
            "quit" => MasterMessage::Quit,
            "heartbeat" => MasterMessage::Heartbeat,
            "reconnect" => MasterMessage::Reconnect,
            "update_user_class" => MasterMessage::UpdateUserClass,
            other => MasterMessage::Unknown(other.to_owned()),
        })
    }
}
