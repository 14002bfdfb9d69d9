// Package failure is how the gateway says no: always a google.rpc.Status in JSON that carries exactly one
// google.rpc.ErrorInfo, whether the server refused or the gateway did.
package failure

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
)

const domain = "tracktrove"

// httpError is an error with an HTTP status that no gRPC code stands for.
type httpError struct {
	httpStatus int
	status     *status.Status
}

func (e *httpError) Error() string              { return e.status.Message() }
func (e *httpError) GRPCStatus() *status.Status { return e.status }

// New makes an error of the gateway's own.
func New(c codes.Code, reason, format string, args ...any) error {
	return status.ErrorProto(withInfo(status.Newf(c, format, args...), reason))
}

// HTTP is New with an HTTP status that no gRPC code stands for.
func HTTP(httpStatus int, c codes.Code, reason, format string, args ...any) error {
	return &httpError{httpStatus, status.FromProto(withInfo(status.Newf(c, format, args...), reason))}
}

// Resumable is err with the sequence after which its stream can be taken up again in the ErrorInfo's metadata,
// where the server's own stream errors have it, too.
func Resumable(err error, sequence int64) error {
	s := complete(err)
	for i, detail := range s.Details {
		info := &errdetails.ErrorInfo{}
		if detail.UnmarshalTo(info) != nil {
			continue
		}
		if info.Metadata == nil {
			info.Metadata = map[string]string{}
		}
		info.Metadata["resume_after"] = strconv.FormatInt(sequence, 10)
		s.Details[i], _ = anypb.New(info)
	}
	return status.ErrorProto(s)
}

// JSON is the error as a google.rpc.Status.
func JSON(err error) []byte {
	body, marshalErr := protojson.Marshal(complete(err))
	if marshalErr != nil {
		// A detail of a type that is not known here must not hide the error itself.
		slog.Warn("an error's details cannot be shown", "error", err, "reason", marshalErr)
		body, _ = protojson.Marshal(complete(status.Error(status.Code(err), status.Convert(err).Message())))
	}
	return body
}

// Write answers a request with err.
func Write(w http.ResponseWriter, err error) {
	httpStatus := runtime.HTTPStatusFromCode(status.Code(err))
	if exact, ok := errors.AsType[*httpError](err); ok {
		httpStatus = exact.httpStatus
	}
	for _, detail := range status.Convert(err).Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := (retry.GetRetryDelay().AsDuration() + time.Second - 1) / time.Second
			w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
		}
	}
	if httpStatus == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(httpStatus)
	_, _ = w.Write(append(JSON(err), '\n'))
}

func withInfo(s *status.Status, reason string) *rpcstatus.Status {
	completed := s.Proto()
	if info, err := anypb.New(&errdetails.ErrorInfo{Reason: reason, Domain: domain}); err == nil {
		completed.Details = append(completed.Details, info)
	}
	return completed
}

// complete gives an error that has no ErrorInfo one: what gRPC itself reports (a deadline, a lost connection)
// and what the decoders say about a request have none.
func complete(err error) *rpcstatus.Status {
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if _, ok := detail.(*errdetails.ErrorInfo); ok {
			return s.Proto()
		}
	}
	switch s.Code() {
	case codes.InvalidArgument:
		return withInfo(s, "BAD_REQUEST")
	case codes.Unavailable:
		return withInfo(s, "SERVER_UNREACHABLE")
	default:
		return withInfo(s, code.Code(s.Code()).String())
	}
}
