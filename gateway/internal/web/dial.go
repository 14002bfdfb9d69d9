package web

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
)

const (
	callDeadline = 10 * time.Second
	// A page of 1,000 records whose DTOs have 64 KiB.
	maxAnswerBytes = 128 << 20
)

// unhurried are the calls that may rightly take long: they last until they are done or their client goes.
var unhurried = map[string]bool{
	tracktrovev1.SandboxService_AdvanceClock_FullMethodName: true,
}

// Dial makes the connection to a server, such as `127.0.0.1:50051`, with the bearer token that it asks for or none.
func Dial(server, token string) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(withDeadline),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		// Finds out that a server's machine is gone while streams are quiet.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
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
	return grpc.NewClient(server, options...)
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
