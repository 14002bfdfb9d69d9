// Package web puts the gateway together: the JSON calls, the streams, the pages and the health checks behind one
// edge.
package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
	"tracktrove.dev/gateway/internal/codec"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/failure"
	"tracktrove.dev/gateway/internal/page"
	"tracktrove.dev/gateway/internal/streams"
)

// services are the generated handlers, one a service. A path is tried with the last one first: `GET {sandbox}` also
// fits `GET {sandbox}:verifyTrail`, so the services with such general paths stand first.
var services = []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
	tracktrovev1.RegisterSandboxServiceHandler,
	tracktrovev1.RegisterTransactionServiceHandler,
	tracktrovev1.RegisterTraceServiceHandler,
	tracktrovev1.RegisterLedgerServiceHandler,
	tracktrovev1.RegisterAdminServiceHandler,
}

// Gateway answers HTTP by calling a server.
type Gateway struct {
	http.Handler
	Streams *streams.Streams
}

// New makes a gateway to the server at conn.
func New(conn *grpc.ClientConn, options edge.Options) (*Gateway, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &codec.JSON{}),
		runtime.WithErrorHandler(answerError),
		runtime.WithRoutingErrorHandler(answerRoutingError),
		// No header of a client becomes metadata, and no metadata a header: nothing on either side reads them.
		runtime.WithIncomingHeaderMatcher(noHeader),
		runtime.WithOutgoingHeaderMatcher(noHeader),
		runtime.WithOutgoingTrailerMatcher(noHeader),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)
	for _, register := range services {
		if err := register(context.Background(), mux, conn); err != nil {
			return nil, fmt.Errorf("registering a service: %w", err)
		}
	}
	live := streams.New(conn)
	if err := live.Register(mux, gateway.HTTPMapping); err != nil {
		return nil, err
	}
	pages, err := page.Register(mux)
	if err != nil {
		return nil, fmt.Errorf("registering the pages: %w", err)
	}
	if err := registerHealth(mux, conn); err != nil {
		return nil, fmt.Errorf("registering the health checks: %w", err)
	}
	options.Open = append(pages, alivePath, readyPath)
	return &Gateway{edge.New(options, mux), live}, nil
}

func noHeader(string) (string, bool) { return "", false }

func answerError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request,
	err error) {
	failure.Write(w, err)
}

func answerRoutingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter,
	r *http.Request, httpStatus int) {
	switch httpStatus {
	case http.StatusMethodNotAllowed:
		failure.Write(w, failure.HTTP(httpStatus, codes.Unimplemented, "METHOD_NOT_ALLOWED",
			"%s has no method %s", r.URL.Path, r.Method))
	case http.StatusNotFound:
		failure.Write(w, failure.New(codes.NotFound, "PATH_NOT_FOUND", "there is nothing at %s", r.URL.Path))
	default:
		failure.Write(w, failure.HTTP(httpStatus, codes.InvalidArgument, "BAD_REQUEST",
			"the path %q cannot be read", r.URL.Path))
	}
}
