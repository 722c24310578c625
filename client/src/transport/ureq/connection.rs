//! What ureq makes its connections of.

use super::buffers::Buffers;
use super::classify;
use super::line::Line;
use super::socket::Socket;
use ::ureq::Error;
use ::ureq::config::Config;
use ::ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ::ureq::unversioned::transport::{
    self, Buffers as _, ConnectionDetails, NextTimeout, Transport,
};
use flagpole_protocol::Outcome;
use http::Uri;
use std::sync::Arc;

/// Connects to the addresses of the run, and looks up no name.
#[derive(Debug)]
pub(super) struct Connector(Arc<Line>);

impl Connector {
    pub(super) fn new(line: Arc<Line>) -> Connector {
        Connector(line)
    }
}

impl transport::Connector for Connector {
    type Out = Connection;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, Error> {
        let socket = Socket::connect(&self.0).map_err(classify::error)?;
        let buffers = Buffers::new(self.0.clone());
        Ok(Some(Connection { socket, buffers }))
    }
}

/// Knows no address; the [`Connector`] does.
#[derive(Debug)]
pub(super) struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// An open connection. The time limits that ureq gives are none: the socket has its own.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    buffers: Buffers,
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn transport::Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.take_output();
        let sent = self.socket.send(&output[..amount]);
        sent.map_err(classify::error)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let room = self.buffers.input_append_buf();
        if room.is_empty() {
            let reason = "the size of a chunk does not end".to_owned();
            return Err(classify::error(Outcome::ProtocolError(reason)));
        }
        let amount = self.socket.receive(room).map_err(classify::error)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.socket.is_quiet()
    }
}
