#!/usr/bin/env bash
# What the scripts promise. Each function is a test and its name the claim; most of
# them run the scripts in a tree of their own, on programs that only say what they were told.
#
# Usage: tests/script/scripts_test.sh TEST
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset "${!TRACKTROVE_@}"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# expect STATUS TEXT COMMAND...: how it ends, and a text that it says.
expect() {
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  [[ $status == "$1" ]] || fail "status $status in place of $1 by ${*:3}: $output"
  [[ $output == *"$2"* ]] || fail "not a word of '$2' by ${*:3}: $output"
}

# program FILE: what it does comes by standard input.
program() {
  mkdir -p "$(dirname "$1")"
  { printf '#!/usr/bin/env bash\n'; cat; } > "$1"
  chmod +x "$1"
}

# A copy of the scripts where nothing is installed or built, and where ctest and go
# test what $work/junit.xml and $work/go.json say.
make_tree() {
  cp -r "$ROOT/script" "$work/script"
  program "$work/script/bootstrap" < /dev/null
  program "$work/script/build" < /dev/null
  mkdir "$work/gateway"
  printf 'go 1.0\n' > "$work/gateway/go.mod"
  : > "$work/go.json"
  program "$work/bin/ctest" << 'CTEST'
while [[ $1 != --output-junit ]]; do shift; done
[[ ! -e $WORK/junit.xml ]] || cp "$WORK/junit.xml" "$2"
CTEST
  program "$work/.tools/go/bin/go" << 'GO'
case "$*" in
  'env GOVERSION') echo go9.9 ;;
  *' test '*) cat "$WORK/go.json"; ! grep -q '"fail"' "$WORK/go.json" ;;
esac
GO
  export WORK=$work PATH=$work/bin:$PATH
}

# Servers and gateways that note down what they are told, say that they are ready, and end when asked to.
make_programs() {
  local name
  for name in "$@"; do
    program "$work/build/$name" << PROGRAM
{ printf '%s\n' "\$@"; env | grep ^TRACKTROVE_ || true; } > "$work/$name.told"
trap 'kill %1; exit 0' TERM
sleep infinity &
echo "$name ready: there 127.0.0.1:1"
wait
PROGRAM
  done
  export TRACKTROVE_SERVER_BIN=$work/build/tracktrove-server
}

# run_server OPTION...: what script/server prints until it is asked to end, which must go well.
run_server() {
  local pid line
  exec 3< <("$work/script/server" "$@" & echo $!; wait $!; echo "status $?")
  read -r pid <&3
  read -r line <&3
  kill -TERM "$pid"
  printf '%s\n' "$line"
  cat <&3
}

# told NAME LINE...: what a program was told, among other things.
told() {
  local line
  for line in "${@:2}"; do
    grep -qxF -e "$line" "$work/$1.told" || fail "$1 was not told $line but $(cat "$work/$1.told")"
  done
}

test_an_option_without_its_value_is_a_usage_error() {
  local script option
  while read -r script option; do
    expect 2 "$option needs a value" "$ROOT/script/$script" "$option"
  done << 'OPTIONS'
bench --json
bench --only
bench --rounds
build --preset
build --jobs
test --only
test --filter
test --preset
server --data-dir
server --grpc-port
server --http-port
server --replicas
server --listen
server --auth-token-file
server --database
server --redis
OPTIONS
  expect 2 '--data-dir needs a value' "$ROOT/script/server" --data-dir --with-services
  expect 2 'start needs a folder' "$ROOT/script/services" start
  expect 2 'unknown preset fast' "$ROOT/script/test" --preset fast
  expect 2 '--jobs must be a number' "$ROOT/script/build" --jobs many
}

test_every_script_explains_itself_and_refuses_what_it_does_not_know() {
  local script
  for script in "$ROOT"/script/* "$ROOT/gateway/generate.sh"; do
    [[ -f $script ]] || continue
    expect 0 'Usage: ' "$script" --help
    [[ $script == */server ]] || expect 2 '--help' "$script" --no-such-option # the server knows its own
  done
}

test_a_run_that_ran_no_test_fails() {
  make_tree
  expect 1 'no test matches NOSUCH' "$work/script/test" --only cpp --filter NOSUCH
  expect 1 'no test matches NOSUCH' "$work/script/test" --only go --filter NOSUCH
  expect 1 'no test matches NOSUCH' "$work/script/test" --filter NOSUCH
  printf '<testcase name="A" status="run">\n' > "$work/junit.xml"
  expect 0 '1 passed, 0 failed' "$work/script/test" --only cpp --filter A
}

test_a_failed_go_test_shows_why() {
  make_tree
  cat > "$work/go.json" << 'EVENTS'
{"Action":"build-output","ImportPath":"unbuilt","Output":"unbuilt.go:7: undefined: x\n"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"nobody asks\n"}
{"Action":"pass","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestBad","Output":"expected 1, not 2\n"}
{"Action":"fail","Package":"p","Test":"TestBad"}
{"Action":"output","Package":"p","Test":"TestPanics","Output":"panic: out of range\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\n"}
{"Action":"fail","Package":"p"}
EVENTS
  local said
  for said in 'undefined: x' 'expected 1, not 2' 'panic: out of range' $'FAIL\tp' '1 passed, 1 failed'; do
    expect 1 "$said" "$work/script/test" --only go --filter Test
  done
  ! "$work/script/test" --only go --filter Test | grep 'nobody asks' || fail "it shows what passed, too"
}

test_a_server_says_one_ready_line_and_ends_in_order() {
  make_tree
  make_programs tracktrove-server tracktrove-gateway
  local output
  output=$(run_server --data-dir "$work/data" --max-batch 7 --http-port=9)
  [[ $output == "TrackTrove is ready: grpc 127.0.0.1:1, web http://127.0.0.1:1, data in $work/data"$'\nstatus 0' ]] ||
    fail "$output"
  told tracktrove-server --data-dir "$work/data" --max-batch 7
  told tracktrove-gateway --http-port 9 --server=127.0.0.1:1
}

test_what_the_environment_tells_the_server_holds_for_the_gateway() {
  make_tree
  make_programs tracktrove-server tracktrove-gateway
  export TRACKTROVE_DATA_DIR=$work/own TRACKTROVE_LISTEN=0.0.0.0 TRACKTROVE_AUTH_TOKEN_FILE=$work/token
  run_server > /dev/null
  told tracktrove-server --data-dir "$work/own"
  told tracktrove-gateway TRACKTROVE_GATEWAY_LISTEN=0.0.0.0 "TRACKTROVE_GATEWAY_AUTH_TOKEN_FILE=$work/token" \
    "TRACKTROVE_GATEWAY_SERVER_TOKEN_FILE=$work/token"
  TRACKTROVE_GATEWAY_LISTEN=127.0.0.1 run_server --auth-token-file "$work/other" > /dev/null
  told tracktrove-server --auth-token-file "$work/other"
  told tracktrove-gateway --auth-token-file --server-token-file "$work/other" TRACKTROVE_GATEWAY_LISTEN=127.0.0.1
}

test_a_program_that_is_missing_or_does_not_start_is_named() {
  make_tree
  make_programs tracktrove-server
  expect 1 "$work/build/tracktrove-gateway is not there; script/build makes it" "$work/script/server" --data-dir "$work/data"
  program "$work/build/tracktrove-gateway" <<< 'echo "no such server" >&2; exit 1'
  expect 1 'no such server' "$work/script/server" --data-dir "$work/data"
  expect 1 'tracktrove-gateway ended before it was ready' "$work/script/server" --data-dir "$work/data"
}

test_services_of_an_interrupted_test_run_are_removed() {
  local pid status=0
  make_tree
  program "$work/script/services" <<< 'echo "$*" >> "$WORK/services.told"'
  program "$work/bin/ctest" <<< 'mkdir "$WORK/build/release/services"; exec sleep infinity'
  setsid "$work/script/test" --only cpp --filter A > "$work/out" 2>&1 &
  pid=$!
  until [[ -d $work/build/release/services ]]; do
    kill -0 "$pid" 2> /dev/null || fail "it ended before: $(cat "$work/out")"
  done
  kill -TERM -- "-$pid"
  wait "$pid" || status=$?
  ((status == 130)) || fail "status $status: $(cat "$work/out")"
  [[ $(cat "$work/services.told") == "remove $work/build/release/services" ]] || fail "$(cat "$work/services.told")"
}

test_services_whose_start_is_interrupted_are_ended() {
  local pid status
  source "$ROOT/script/lib/common.sh"
  source "$ROOT/script/lib/services.sh"
  # Once while PostgreSQL starts, and once while Redis does; the whole group, as Ctrl-C does it.
  for begun in postgres/data/postmaster.pid redis/starting; do
    setsid "$ROOT/script/services" start "$work/services" > "$work/out" 2>&1 &
    pid=$!
    until [[ -e $work/services/$begun ]]; do
      kill -0 "$pid" 2> /dev/null || fail "it ended before: $(cat "$work/out")"
    done
    kill -TERM -- "-$pid"
    status=0
    wait "$pid" || status=$?
    ((status == 130)) || fail "status $status: $(cat "$work/out")"
    ! postgres_runs "$work/services" || fail "PostgreSQL still runs"
    ! redis_runs "$work/services" || fail "Redis still runs"
  done
  "$ROOT/script/services" remove "$work/services"
}

"${1:?which test}"
