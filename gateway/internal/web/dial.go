package web

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // lets connections watch their server's health
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
)

const (
	callDeadline = 10 * time.Second
	// A page of 1,000 records whose DTOs have 64 KiB.
	maxAnswerBytes = 128 << 20
	// Calls take turns among the servers that say that they are healthy; one that stops says so before it does.
	serviceConfig = `{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}`
)

// unhurried are the calls that may rightly take long: they last until they are done or their client goes.
var unhurried = map[string]bool{
	tracktrovev1.SandboxService_AdvanceClock_FullMethodName:     true,
	tracktrovev1.SettlementService_RunSettlement_FullMethodName: true, // a move of the clock, too
	tracktrovev1.SimulationService_GetSimulation_FullMethodName: true, // makes the report where nobody asked before
}

// Dial makes the connection to servers that serve the same data, such as `127.0.0.1:50051`, with the bearer token that
// they ask for or none.
func Dial(servers []string, token string) (*grpc.ClientConn, error) {
	reads, err := readingCalls()
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithChainUnaryInterceptor(withDeadline, repeater{reads}.call),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		// Finds out that a server hangs, or that its machine is gone.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 15 * time.Second, Timeout: 5 * time.Second}),
		// A server that restarts is back within seconds: look often.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
	}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	// A name is looked up whenever it is dialled: one that restarts may come back at another address.
	list := resolver.State{}
	for _, server := range servers {
		if _, _, err := net.SplitHostPort(server); err != nil {
			return nil, fmt.Errorf("%q is not HOST:PORT: %w", server, err)
		}
		list.Endpoints = append(list.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: server}}})
	}
	listed := manual.NewBuilderWithScheme("listed")
	listed.InitialState(list)
	return grpc.NewClient("listed:///servers", append(options, grpc.WithResolvers(listed))...)
}

// withDeadline bounds every call that is no stream.
func withDeadline(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if !unhurried[method] {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callDeadline)
		defer cancel()
	}
	return invoke(ctx, method, request, answer, conn, options...)
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }
