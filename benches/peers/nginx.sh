# Sourced by other scripts: a server of the fixtures, and medians.

# Starts nginx on this port, with one worker per core and its files in this folder; `pid` is its process.
start_nginx() { # FOLDER PORT
  cat >"$1/nginx.conf" <<CONF
worker_processes auto;
daemon off;
pid $1/nginx.pid;
error_log $1/nginx.log;
events { worker_connections 1024; }
http {
  types { image/gif gif; }
  access_log off; sendfile off; tcp_nodelay on;
  keepalive_requests 1000000000; open_file_cache max=1000;
  client_body_temp_path $1/t; proxy_temp_path $1/t; fastcgi_temp_path $1/t;
  uwsgi_temp_path $1/t; scgi_temp_path $1/t;
  server { listen 127.0.0.1:$2 reuseport; root $PWD/fixtures; }
}
CONF
  nginx -c "$1/nginx.conf" 2>/dev/null &
  pid=$!
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for_port() { # PORT
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  echo "no server listens on port $1" >&2
  return 1
}

# Median, smallest and largest of the numbers in standard input.
spread() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)], value[1], value[NR] }'; }
