package web

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"tracktrove.dev/gateway"
	"tracktrove.dev/gateway/internal/streams"
)

const (
	callAttempts = 4
	// Before a call is made again; doubles each time.
	firstRepeatPause = 50 * time.Millisecond
)

// repeater makes a call again whose server went away, so that another server answers it. Nobody knows whether the first
// one did the work, so that is only for reads and for writes with a `request_id`, which have one effect however often
// they come. What has not even been sent, gRPC sends to another server by itself.
type repeater struct {
	reads map[string]bool // by the names that gRPC gives them
}

// readingCalls are those that the mapping gives to GET.
func readingCalls() (map[string]bool, error) {
	mapping, err := gateway.Bindings()
	if err != nil {
		return nil, err
	}
	reads := map[string]bool{}
	for _, b := range mapping {
		dot := strings.LastIndex(b.RPC, ".")
		if b.Method == http.MethodGet {
			reads["/"+b.RPC[:dot]+"/"+b.RPC[dot+1:]] = true
		}
	}
	return reads, nil
}

func (r repeater) call(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	for pause, attempt := firstRepeatPause, 1; ; pause, attempt = 2*pause, attempt+1 {
		err := invoke(ctx, method, request, answer, conn, options...)
		safe := r.reads[method] || streams.HasRequestID(request.(proto.Message))
		if status.Code(err) != codes.Unavailable || attempt == callAttempts || !safe {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}
