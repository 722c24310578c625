//! An nginx that serves the same files.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};
use tempfile::TempDir;

/// An nginx process with workers; all end when this value is dropped.
pub(super) struct NginxProcess {
    child: Child,
    pub(super) address: SocketAddr,
    _folder: TempDir,
}

impl NginxProcess {
    /// Starts nginx with `sendfile` on or off, on a free port.
    pub(super) fn start(sendfile: &str) -> NginxProcess {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let address = free_address();
        let file = folder.path().join("nginx.conf");
        let path = folder.path().display().to_string();
        fs::write(&file, configuration(&path, address, sendfile)).expect("the folder is ours");
        let mut child = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .expect("it is installed");
        while TcpStream::connect(address).is_err() {
            let ended = child.try_wait().expect("it is our child");
            assert!(ended.is_none(), "nginx refuses its configuration");
            thread::sleep(Duration::from_millis(20));
        }
        NginxProcess {
            child,
            address,
            _folder: folder,
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for NginxProcess {
    fn drop(&mut self) {
        // SIGTERM, because a killed parent leaves its workers behind; it fails only if nginx has ended.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound")
}

fn configuration(folder: &str, address: SocketAddr, sendfile: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    format!(
        "worker_processes auto;
        daemon off;
        pid {folder}/nginx.pid;
        error_log {folder}/nginx.log;
        events {{ worker_connections 1024; }}
        http {{
          types {{ image/gif gif; application/json json; }}
          access_log off; sendfile {sendfile}; tcp_nopush {sendfile}; tcp_nodelay on;
          keepalive_requests 1000000000; open_file_cache max=1000;
          client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
          uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
          server {{ listen {address} reuseport; root {root}; }}
        }}"
    )
}
