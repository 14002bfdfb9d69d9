# shellcheck shell=bash
# A PostgreSQL and a Redis of our own, from Debian's packages: each keeps its
# files in a folder it is given, listens on a free loopback port, asks for a
# password made for it, and is stopped by its process id. Nothing here looks for
# a server that happens to run.
#
# In FOLDER: postgres/data, redis/data, and for each service the files `url`
# (what to connect with, readable by its owner alone), `port`, `password`, `log`.

PG_BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2> /dev/null | sort --version-sort | tail -n 1)

# A port that nothing listens on, below those the system hands out by itself.
free_port() {
  local port tries
  for ((tries = 0; tries < 1000; tries++)); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { say "$port"; return; }
  done
  die "no free port was found"
}

new_password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE COMMAND...: what the command prints, made once and then the same.
keep() {
  local file=$1
  shift
  [[ -s $file ]] || (umask 077 && "$@" > "$file")
  cat "$file"
}

# PostgreSQL refuses to run as root; then it runs as the user of Debian's package.
as_postgres() {
  if ((EUID == 0)); then
    setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
  else
    "$@"
  fi
}

# Where the cluster goes: FOLDER/postgres, or a folder elsewhere that this links
# to, when its user may not pass through FOLDER (one in /root, say).
postgres_folder() {
  local link=$1/postgres
  mkdir -p "$1"
  if [[ ! -e $link ]]; then
    chmod 711 "$1"
    if as_postgres test -x "$1"; then
      mkdir "$link"
    else
      ln -s "$(mktemp -d /var/tmp/tracktrove-postgres.XXXXXX)" "$link"
    fi
    chmod 711 "$link"
  fi
  (cd "$link" && pwd -P)
}

make_cluster() {
  local dir=$1 password=$2
  (umask 077 && printf '%s' "$password" > "$dir/initdb-password")
  ((EUID != 0)) || chown postgres: "$dir" "$dir/initdb-password"
  quietly "$dir/initdb.log" as_postgres "$PG_BIN/initdb" --pgdata "$dir/data" --username tracktrove \
    --encoding UTF8 --locale C --auth scram-sha-256 --pwfile "$dir/initdb-password"
  rm "$dir/initdb-password"
}

# start_postgres FOLDER [SETTING=VALUE...]: fsync stays on, as in production.
start_postgres() {
  local dir password port tries setting options
  [[ $PG_BIN ]] || die "PostgreSQL is not installed; run script/bootstrap"
  dir=$(postgres_folder "$1")
  password=$(keep "$dir/password" new_password)
  [[ -d $dir/data ]] || make_cluster "$dir" "$password"
  if postgres_runs "$1"; then return; fi
  for ((tries = 0; tries < 5; tries++)); do
    port=$(keep "$dir/port" free_port)
    options="-c port=$port -c listen_addresses=127.0.0.1 -c unix_socket_directories="
    options+=" -c track_commit_timestamp=on"  # by which a benchmark knows when its rows were in
    options+=" -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=2GB -c checkpoint_timeout=15min"
    for setting in "${@:2}"; do options+=" -c $setting"; done
    # In a session of its own, so that Ctrl-C reaches the script alone, which then ends what it has started.
    if as_postgres setsid --wait "$PG_BIN/pg_ctl" start --wait --silent --pgdata "$dir/data" --log "$dir/data/server.log" \
      --options "$options" > "$dir/start.log" 2>&1; then
      (umask 077 && say "postgresql://tracktrove:$password@127.0.0.1:$port/postgres" > "$dir/url")
      return
    fi
    rm "$dir/port"  # taken in between
  done
  tail -n 20 "$dir/data/server.log" >&2
  die "PostgreSQL did not start"
}

# postgres_runs FOLDER: and has not crashed.
postgres_runs() {
  [[ -f $1/postgres/data/postmaster.pid ]] || return 1
  as_postgres "$PG_BIN/pg_ctl" status --pgdata "$(cd "$1/postgres/data" && pwd -P)" > /dev/null
}

# stop_postgres FOLDER [MODE]: fast, or immediate for a crash.
stop_postgres() {
  postgres_runs "$1" || return 0
  as_postgres "$PG_BIN/pg_ctl" stop --wait --silent --mode "${2:-fast}" \
    --pgdata "$(cd "$1/postgres/data" && pwd -P)" > /dev/null
}

# start_redis FOLDER: in memory alone, as nothing in it has to last.
start_redis() {
  local dir=$1/redis password port tries
  command -v redis-server > /dev/null || die "Redis is not installed; run script/bootstrap"
  mkdir -p "$dir"
  if redis_runs "$1"; then return; fi
  password=$(keep "$dir/password" new_password)
  for ((tries = 0; tries < 5; tries++)); do
    port=$(keep "$dir/port" free_port)
    (umask 077 && cat > "$dir/redis.conf" << CONF)
bind 127.0.0.1
port $port
requirepass $password
daemonize yes
pidfile $dir/pid
logfile $dir/log
dir $dir
save ""
appendonly no
CONF
    rm -f "$dir/pid"
    touch "$dir/starting"
    setsid --wait redis-server "$dir/redis.conf" > /dev/null
    if await_redis "$1"; then
      rm "$dir/starting"
      (umask 077 && say "redis://default:$password@127.0.0.1:$port/0" > "$dir/url")
      return
    fi
    rm "$dir/port" "$dir/starting"
  done
  tail -n 20 "$dir/log" >&2
  die "Redis did not start"
}

# redis_runs FOLDER
redis_runs() {
  local pid
  pid=$(cat "$1/redis/pid" 2> /dev/null) || return 1
  [[ $pid && $(cat "/proc/$pid/comm" 2> /dev/null) == redis-server ]]
}

# await_redis FOLDER: it has written its pid by the time it listens; gone again means it failed.
await_redis() {
  local port tries
  port=$(cat "$1/redis/port")
  for ((tries = 0; tries < 200; tries++)); do
    if redis_runs "$1" && (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then return 0; fi
    sleep 0.025
  done
  return 1
}

# stop_redis FOLDER [SIGNAL]
stop_redis() {
  local dir=$1/redis pid
  # One whose start was interrupted says only by and by which process it is.
  if [[ -e $dir/starting ]]; then
    await_redis "$1" || true
    rm "$dir/starting"
  fi
  redis_runs "$1" || return 0
  pid=$(cat "$dir/pid")
  kill "-${2:-TERM}" "$pid"
  while kill -0 "$pid" 2> /dev/null; do sleep 0.025; done
  rm -f "$dir/pid"
}

# remove_services FOLDER: all that they stored; they must have been stopped.
remove_services() {
  [[ ! -L $1/postgres ]] || rm -rf "$(readlink "$1/postgres")"
  rm -rf "${1:?}/postgres" "$1/redis"
}
