# shellcheck shell=bash
# What every script shares: where the project is, how a script explains itself,
# speaks and fails.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SCRIPT=$(realpath --relative-to="$ROOT" "$0")  # as it is called from there

# The comment at the head of a script is its help, so that there is one text.
print_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "$SCRIPT" "$*" >&2
  exit 1
}

usage_error() {
  printf '%s: %s\nSee %s --help.\n' "$SCRIPT" "$1" "$SCRIPT" >&2
  exit 2
}

# needs_value OPTION [VALUE]: what is left of a command line that stands at an
# option which takes a value.
needs_value() { [[ ${2:-} ]] || usage_error "$1 needs a value"; }

# quietly LOG COMMAND...: keeps the output in LOG and shows its end only when
# the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" > "$log" 2>&1; then
    tail -n 60 "$log" >&2
    die "failed: $* (the whole output is in $log)"
  fi
}

has_gateway() { [[ -f $ROOT/gateway/go.mod ]]; }
