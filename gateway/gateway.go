// Package gateway holds what is shared by the gateway's parts at build time: the HTTP mapping and the API
// description made from it.
package gateway

import _ "embed"

// HTTPMapping says which HTTP call is which rpc.
//
//go:embed http.yaml
var HTTPMapping []byte

// OpenAPI describes the HTTP API; generate.sh writes it.
//
//go:embed gen/openapi.json
var OpenAPI []byte
