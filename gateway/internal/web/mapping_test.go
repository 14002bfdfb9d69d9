package web_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"tracktrove.dev/gateway"
	"tracktrove.dev/gateway/internal/edge"
)

type binding struct {
	Get, Post, Patch, Delete string
}

func (b binding) call() (method, path string) {
	for method, path := range map[string]string{
		http.MethodGet: b.Get, http.MethodPost: b.Post, http.MethodPatch: b.Patch, http.MethodDelete: b.Delete,
	} {
		if path != "" {
			return method, path
		}
	}
	return "", ""
}

// mapping is the bindings of each rpc.
func mapping(t *testing.T) map[string][]binding {
	var service struct {
		HTTP struct {
			Rules []struct {
				Selector   string
				binding    `yaml:",inline"`
				Additional []binding `yaml:"additional_bindings"`
			}
		}
	}
	if err := yaml.Unmarshal(gateway.HTTPMapping, &service); err != nil {
		t.Fatal(err)
	}
	bindings := map[string][]binding{}
	for _, rule := range service.HTTP.Rules {
		bindings[rule.Selector] = append(rule.Additional, rule.binding)
	}
	return bindings
}

func eachRPC(visit func(protoreflect.MethodDescriptor)) {
	protoregistry.GlobalFiles.RangeFilesByPackage("tracktrove.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				visit(methods.Get(j))
			}
		}
		return true
	})
}

// startAny runs a server that answers every call by handle.
func startAny(t *testing.T, handle func(context.Context) error) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		return handle(stream.Context())
	}))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func TestEveryRPCCanBeCalledAtEveryPathThatTheMappingGivesIt(t *testing.T) {
	server := startAny(t, func(ctx context.Context) error {
		called, _ := grpc.Method(ctx)
		return status.Error(codes.Aborted, called)
	})
	_, url := start(t, server, edge.Options{})
	bindings := mapping(t)
	variable := regexp.MustCompile(`\{\w+\}`)
	rpcs := 0
	eachRPC(func(rpc protoreflect.MethodDescriptor) {
		rpcs++
		rules := bindings[string(rpc.FullName())]
		if len(rules) == 0 {
			t.Errorf("http.yaml has no rule for %s", rpc.FullName())
		}
		for _, rule := range rules {
			method, path := rule.call()
			body := ""
			if method == http.MethodPost || method == http.MethodPatch {
				body = "{}"
			}
			got := call(t, method, url+variable.ReplaceAllString(path, "x"), body, nil)
			if expected := fmt.Sprintf("/%s/%s", rpc.Parent().FullName(), rpc.Name()); got.body["message"] != expected {
				t.Errorf("%s %s called %v, not %s: %s", method, path, got.body["message"], expected, got.text)
			}
		}
	})
	if rpcs == 0 || rpcs != len(bindings) {
		t.Errorf("%d rpcs, but rules for %d", rpcs, len(bindings))
	}
}

func TestTheServerSeesNoHeaderOfAClient(t *testing.T) {
	seen := make(chan metadata.MD, 1)
	server := startAny(t, func(ctx context.Context) error {
		headers, _ := metadata.FromIncomingContext(ctx)
		seen <- headers
		return status.Error(codes.Aborted, "seen")
	})
	_, url := start(t, server, edge.Options{})

	call(t, "GET", url+"/v1/sandboxes", "", headers{
		"Grpc-Metadata-Role": "admin", "Authorization": "Bearer of-the-client", "Cookie": "a=b", "X-Secret": "c",
		"Grpc-Timeout": "1n",
	})
	for name, values := range <-seen {
		switch name {
		case ":authority", "content-type", "user-agent", "grpc-accept-encoding", "x-forwarded-for", "x-forwarded-host":
		default:
			t.Errorf("the server saw %s: %v", name, values)
		}
	}
}

func TestEveryCallHasADeadlineButAdvancingTheClock(t *testing.T) {
	bounded := make(chan bool, 1)
	server := startAny(t, func(ctx context.Context) error {
		_, has := ctx.Deadline()
		bounded <- has
		return status.Error(codes.Aborted, "seen")
	})
	_, url := start(t, server, edge.Options{})

	call(t, "POST", url+"/transactions/initiate", "{}", nil)
	if !<-bounded {
		t.Error("initiating has no deadline")
	}
	call(t, "POST", url+"/v1/sandboxes/x:advanceClock", "{}", nil)
	if <-bounded {
		t.Error("advancing the clock has a deadline")
	}
	call(t, "GET", url+"/v1/sandboxes/x/transactions:watch", "", nil)
	if <-bounded {
		t.Error("a stream has a deadline")
	}
}
