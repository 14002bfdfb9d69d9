package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/reflect/protoreflect"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

func TestPagesBringEverythingAlongThatTheyUse(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	used := regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	for _, page := range []string{"/", "/swagger-ui.html"} {
		got := call(t, "GET", url+page, "", nil)
		got.expectOK(t)
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is %s", page, got.header.Get("Content-Type"))
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") {
			t.Errorf("%s may load from elsewhere: %s", page, policy)
		}
		references := used.FindAllStringSubmatch(got.text, -1)
		if len(references) < 3 {
			t.Errorf("%s uses only %v", page, references)
		}
		for _, reference := range references {
			if path := reference[1]; path != "data:," {
				call(t, "GET", url+path, "", nil).expectOK(t)
				call(t, "HEAD", url+path, "", nil).expectOK(t)
			}
		}
	}
}

func TestTheAPIDescriptionIsValidAndHasEveryRPCWithItsCommentAndErrors(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	got := call(t, "GET", url+"/openapi.json", "", nil)
	got.expectOK(t)
	api, err := openapi3.NewLoader().LoadFromData([]byte(got.text))
	if err != nil {
		t.Fatal(err)
	}
	if err := api.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	bindings := mapping(t)
	wordStart := regexp.MustCompile(`_[a-z]`)
	eachRPC(func(rpc protoreflect.MethodDescriptor) {
		for _, rule := range bindings[string(rpc.FullName())] {
			// The description names a path's variables as JSON does: {faultRule}.
			path := api.Paths.Value(wordStart.ReplaceAllStringFunc(rule.Path, func(word string) string {
				return strings.ToUpper(word[1:])
			}))
			if path == nil || path.GetOperation(rule.Method) == nil || path.GetOperation(rule.Method).Summary == "" {
				t.Errorf("%s %s is not described", rule.Method, rule.Path)
				continue
			}
			refused := path.GetOperation(rule.Method).Responses.Default()
			if refused == nil || refused.Value.Content["application/json"].Schema.Ref != "#/components/schemas/Status" {
				t.Errorf("%s %s has no error schema", rule.Method, rule.Path)
			}
		}
	})
}

func TestReadinessFollowsTheServersHealth(t *testing.T) {
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	call(t, "GET", url+"/readyz", "", nil).expectOK(t)
	server.Health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	call(t, "GET", url+"/readyz", "", nil).expectRefusal(t, http.StatusServiceUnavailable, "NO_SERVER_READY")
	server.Stop()
	call(t, "GET", url+"/readyz", "", nil).expectRefusal(t, http.StatusServiceUnavailable, "NO_SERVER_READY")
	call(t, "GET", url+"/healthz", "", nil).expectOK(t)
}
