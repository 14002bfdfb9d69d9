// Package gateway holds what is shared by the gateway's parts at build time: the HTTP mapping and the API
// description made with it.
package gateway

import (
	_ "embed"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"
)

//go:embed http.yaml
var mapping []byte

// OpenAPI describes the HTTP API; generate.sh writes it.
//
//go:embed gen/openapi.json
var OpenAPI []byte

// Binding is an HTTP call that stands for an rpc. An rpc may have several.
type Binding struct {
	RPC    string // its full name, such as `tracktrove.v1.LedgerService.CheckLedger`
	Method string
	Path   string // a pattern, such as `/v1/sandboxes/{sandbox}/ledger:check`
}

// Bindings reads the mapping.
func Bindings() (all []Binding, err error) {
	type binding struct{ Get, Post, Patch, Delete string }
	var service struct {
		HTTP struct {
			Rules []struct {
				Selector   string
				binding    `yaml:",inline"`
				Additional []binding `yaml:"additional_bindings"`
			}
		}
	}
	if err := yaml.Unmarshal(mapping, &service); err != nil {
		return nil, fmt.Errorf("http.yaml: %w", err)
	}
	for _, rule := range service.HTTP.Rules {
		for _, b := range append(rule.Additional, rule.binding) {
			for method, path := range map[string]string{
				http.MethodGet: b.Get, http.MethodPost: b.Post, http.MethodPatch: b.Patch, http.MethodDelete: b.Delete,
			} {
				if path != "" {
					all = append(all, Binding{rule.Selector, method, path})
				}
			}
		}
	}
	return all, nil
}
