#!/bin/sh
# Writes what is generated from ../proto and http.yaml: Go messages, gRPC clients, HTTP handlers and
# openapi.json. The plugins are pinned in go.mod, protoc is Debian's. A test runs this into a folder
# of its own and compares, so that what is committed is never stale.
#
# Usage: gateway/generate.sh [FOLDER]
#
#   FOLDER   where it goes (default: gen beside this script)
set -eu
case ${1:-} in
  --help) awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; exit ;;
  -*) printf 'gateway/generate.sh: unknown option %s\nSee gateway/generate.sh --help.\n' "$1" >&2; exit 2 ;;
esac
if [ $# -gt 1 ]; then
  printf 'gateway/generate.sh: expected one folder, not %s\nSee gateway/generate.sh --help.\n' "$*" >&2
  exit 2
fi
out=${1:-$(dirname "$0")/gen}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"

plugin() { printf 'protoc-gen-%s=%s' "$1" "$(go tool -n "protoc-gen-$1")"; }

protoc -I ../proto \
  --plugin="$(plugin go)" --go_out="$out" --go_opt=module=tracktrove.dev/gateway/gen \
  --plugin="$(plugin go-grpc)" --go-grpc_out="$out" --go-grpc_opt=module=tracktrove.dev/gateway/gen \
  --plugin="$(plugin grpc-gateway)" --grpc-gateway_out="$out" \
  --grpc-gateway_opt=module=tracktrove.dev/gateway/gen,grpc_api_configuration=http.yaml \
  --plugin="$(plugin openapiv2)" --openapiv2_out="$out" \
  --openapiv2_opt=grpc_api_configuration=http.yaml,openapi_configuration=openapi.yaml \
  --openapiv2_opt=allow_merge=true,merge_file_name=openapi,openapi_naming_strategy=simple,omit_enum_default_value=true \
  ../proto/tracktrove/v1/*.proto
go run ./internal/apidoc < "$out/openapi.swagger.json" > "$out/openapi.json"
rm "$out/openapi.swagger.json"
