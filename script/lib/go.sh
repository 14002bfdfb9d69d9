# shellcheck shell=bash
# Which Go to use: the machine's where it is new enough, else the one that
# script/bootstrap keeps in .tools/go.

# The oldest version that builds the gateway, for example 1.26.0.
required_go() { awk '$1 == "go" { print $2 }' "$ROOT/gateway/go.mod"; }

# The one to get where the machine's is older.
pinned_go() {
  awk '$1 == "go" { version = $2 } $1 == "toolchain" { version = substr($2, 3) } END { print version }' \
    "$ROOT/gateway/go.mod"
}

# go_is_enough GO: whether this binary is as new as required. GOTOOLCHAIN=local
# asks the binary itself, not one that it would fetch.
go_is_enough() {
  local have
  have=$(GOTOOLCHAIN=local "$1" env GOVERSION 2> /dev/null) || return 1
  printf '%s\n%s\n' "$(required_go)" "${have#go}" | sort --version-sort --check=quiet
}

# Prints the path of a Go that is new enough; fails when there is none.
find_go() {
  local go
  for go in "$ROOT/.tools/go/bin/go" "$(command -v go || true)" /usr/local/go/bin/go; do
    if [[ -x $go ]] && go_is_enough "$go"; then
      say "$go"
      return
    fi
  done
  return 1
}

# Puts that Go first on the PATH, for scripts that run after script/bootstrap.
use_go() {
  local go
  go=$(find_go) || die "no Go $(required_go) or newer; run script/bootstrap"
  PATH=$(dirname "$go"):$PATH
  export PATH GOTOOLCHAIN=local
}
