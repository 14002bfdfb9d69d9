// Package web puts the gateway together: the JSON calls, the streams, the pages and the health checks behind one
// edge.
package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
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
	tracktrovev1.RegisterFlowServiceHandler,
	tracktrovev1.RegisterFaultServiceHandler,
	tracktrovev1.RegisterLedgerServiceHandler,
	tracktrovev1.RegisterSettlementServiceHandler,
	tracktrovev1.RegisterDisputeServiceHandler,
	tracktrovev1.RegisterAdminServiceHandler,
	tracktrovev1.RegisterSimulationServiceHandler,
}

// Gateway answers HTTP by calling a server.
type Gateway struct {
	http.Handler
	Streams *streams.Streams
}

// The runtime keeps this one for the whole process.
func init() { runtime.SetQueryParameterParser(&codec.Query{})(nil) }

// New makes a gateway to the servers at conn.
func New(conn *grpc.ClientConn, options edge.Options) (*Gateway, error) {
	calls := &routes{}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &codec.JSON{}),
		runtime.WithErrorHandler(answerError),
		runtime.WithRoutingErrorHandler(calls.refuse),
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
	mapping, err := gateway.Bindings()
	if err != nil {
		return nil, err
	}
	for _, b := range mapping {
		calls.add(b.Method, b.Path)
	}
	live := streams.New(conn)
	if err := live.Register(mux, mapping); err != nil {
		return nil, err
	}
	// What holds no data, and so can be had without the token.
	open, err := page.Handlers()
	if err != nil {
		return nil, fmt.Errorf("the pages: %w", err)
	}
	maps.Copy(open, healthChecks(conn))
	for path, handle := range open {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			err := mux.HandlePath(method, path, func(w http.ResponseWriter, r *http.Request, _ map[string]string) { handle(w, r) })
			if err != nil {
				return nil, fmt.Errorf("registering %s: %w", path, err)
			}
			calls.add(method, path)
		}
		options.Open = append(options.Open, path)
	}
	return &Gateway{edge.New(options, mux), live}, nil
}

func noHeader(string) (string, bool) { return "", false }

func answerError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request,
	err error) {
	failure.Write(w, err)
}
