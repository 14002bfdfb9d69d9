package web

import (
	"context"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"tracktrove.dev/gateway/internal/failure"
)

const (
	healthDeadline = time.Second
	// One that hangs, and is not yet known to, must not hide another one that serves.
	healthAttempts = 4
)

// healthChecks are one that says that the gateway runs, and one that says that calls would be answered: calls only go to
// servers whose own health is good, so it is ready while there is one.
func healthChecks(conn *grpc.ClientConn) map[string]http.HandlerFunc {
	serving := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{\"status\":\"SERVING\"}\n"))
	}
	return map[string]http.HandlerFunc{
		"/healthz": func(w http.ResponseWriter, _ *http.Request) { serving(w) },
		"/readyz": func(w http.ResponseWriter, r *http.Request) {
			if err := CheckHealth(r.Context(), conn); err != nil {
				failure.Write(w, failure.New(codes.Unavailable, "NO_SERVER_READY", "no server is ready: %s", status.Convert(err).Message()))
				return
			}
			serving(w)
		},
	}
}

// CheckHealth says what is wrong when no server is healthy.
func CheckHealth(ctx context.Context, conn *grpc.ClientConn) (err error) {
	health := grpc_health_v1.NewHealthClient(conn)
	for range healthAttempts {
		bounded, cancel := context.WithTimeout(ctx, healthDeadline)
		answer, checkErr := health.Check(bounded, &grpc_health_v1.HealthCheckRequest{})
		cancel()
		switch {
		case checkErr != nil:
			err = checkErr
		case answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING:
			err = status.Errorf(codes.Unavailable, "one says %v", answer.GetStatus())
		default:
			return nil
		}
	}
	return err
}
