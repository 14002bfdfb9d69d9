package web

import (
	"context"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"tracktrove.dev/gateway/internal/failure"
)

const (
	alivePath      = "/healthz"
	readyPath      = "/readyz"
	healthDeadline = 2 * time.Second
)

// registerHealth serves one check that says that the gateway runs, and one that says that calls would be
// answered: it follows the server's own health.
func registerHealth(mux *runtime.ServeMux, conn *grpc.ClientConn) error {
	health := grpc_health_v1.NewHealthClient(conn)
	serving := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{\"status\":\"SERVING\"}\n"))
	}
	err := mux.HandlePath(http.MethodGet, alivePath, func(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
		serving(w)
	})
	if err != nil {
		return err
	}
	return mux.HandlePath(http.MethodGet, readyPath, func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		ctx, cancel := context.WithTimeout(r.Context(), healthDeadline)
		defer cancel()
		answer, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		switch {
		case err != nil:
			failure.Write(w, failure.New(codes.Unavailable, "SERVER_UNREACHABLE", "the server does not answer: %v", err))
		case answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING:
			failure.Write(w, failure.New(codes.Unavailable, "SERVER_NOT_SERVING", "the server is %v", answer.GetStatus()))
		default:
			serving(w)
		}
	})
}
