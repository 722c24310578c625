//! Connections for ureq.

use super::buffers::IoBuffers;
use super::classify;
use super::socket::MeteredSocket;
use super::state::UreqState;
use ::ureq::Error;
use ::ureq::config::Config;
use ::ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ::ureq::unversioned::transport::{
    self, Buffers as _, ConnectionDetails, NextTimeout, Transport,
};
use flagpole_protocol::Outcome;
use http::Uri;
use std::sync::Arc;

/// Connects to the addresses of the run, without looking up a name.
#[derive(Debug)]
pub(super) struct UreqConnector(Arc<UreqState>);

impl UreqConnector {
    pub(super) fn new(state: Arc<UreqState>) -> UreqConnector {
        UreqConnector(state)
    }
}

impl transport::Connector for UreqConnector {
    type Out = UreqConnection;

    fn connect(
        &self,
        _: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<UreqConnection>, Error> {
        let socket = MeteredSocket::connect(&self.0).map_err(classify::error)?;
        let buffers = IoBuffers::new(self.0.clone());
        Ok(Some(UreqConnection { socket, buffers }))
    }
}

/// Resolves to no address, because [`UreqConnector`] has them.
#[derive(Debug)]
pub(super) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// An open connection. The timeouts are those of the socket; ureq's are unset.
#[derive(Debug)]
pub(super) struct UreqConnection {
    socket: MeteredSocket,
    buffers: IoBuffers,
}

impl Transport for UreqConnection {
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
            let message = "the chunk size does not end".to_owned();
            return Err(classify::error(Outcome::ProtocolError(message)));
        }
        let amount = self.socket.receive(room).map_err(classify::error)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.socket.is_quiet()
    }
}
