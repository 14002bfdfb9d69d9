package web_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"tracktrove.dev/gateway"
	"tracktrove.dev/gateway/internal/edge"
)

// mapping is the bindings of each rpc.
func mapping(t *testing.T) map[string][]gateway.Binding {
	t.Helper()
	all, err := gateway.Bindings()
	if err != nil {
		t.Fatal(err)
	}
	bindings := map[string][]gateway.Binding{}
	for _, b := range all {
		bindings[b.RPC] = append(bindings[b.RPC], b)
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
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
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
			body := ""
			if rule.Method == http.MethodPost || rule.Method == http.MethodPatch {
				body = "{}"
			}
			got := call(t, rule.Method, url+variable.ReplaceAllString(rule.Path, "x"), body, nil)
			if expected := fmt.Sprintf("/%s/%s", rpc.Parent().FullName(), rpc.Name()); got.body["message"] != expected {
				t.Errorf("%s %s called %v, not %s: %s", rule.Method, rule.Path, got.body["message"], expected, got.text)
			}
		}
	})
	if rpcs == 0 || rpcs != len(bindings) {
		t.Errorf("%d rpcs, but rules for %d", rpcs, len(bindings))
	}
}

func TestEveryErrorOfGRPCIsAStatusInJSONWithItsOwnHTTPStatus(t *testing.T) {
	failing := codes.OK
	server := startAny(t, func(context.Context) error { return status.Error(failing, "no") })
	_, url := start(t, server, edge.Options{})
	for code, expected := range map[codes.Code]struct {
		httpStatus int
		reason     string
	}{
		codes.Canceled: {499, "CANCELLED"}, codes.Unknown: {500, "UNKNOWN"}, codes.InvalidArgument: {400, "BAD_REQUEST"},
		codes.DeadlineExceeded: {504, "DEADLINE_EXCEEDED"}, codes.NotFound: {404, "NOT_FOUND"},
		codes.AlreadyExists: {409, "ALREADY_EXISTS"}, codes.PermissionDenied: {403, "PERMISSION_DENIED"},
		codes.ResourceExhausted: {429, "RESOURCE_EXHAUSTED"}, codes.FailedPrecondition: {400, "FAILED_PRECONDITION"},
		codes.Aborted: {409, "ABORTED"}, codes.OutOfRange: {400, "OUT_OF_RANGE"}, codes.Unimplemented: {501, "UNIMPLEMENTED"},
		codes.Internal: {500, "INTERNAL"}, codes.Unavailable: {503, "SERVER_UNREACHABLE"}, codes.DataLoss: {500, "DATA_LOSS"},
		codes.Unauthenticated: {401, "UNAUTHENTICATED"},
	} {
		failing = code
		call(t, "POST", url+initiate, "{}", nil).expectRefusal(t, expected.httpStatus, expected.reason)
		call(t, "GET", url+watch, "", nil).expectRefusal(t, expected.httpStatus, expected.reason)
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
