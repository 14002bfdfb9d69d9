package edge

import (
	"net/http"
	"net/url"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

// checkTarget refuses a path or a query that cannot be passed on as text, and what nobody would look at.
func checkTarget(r *http.Request) error {
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if err == nil {
		_, err = url.ParseQuery(r.URL.RawQuery)
	}
	switch {
	case err != nil:
		return failure.New(codes.InvalidArgument, "BAD_REQUEST", "the query cannot be read: %v", err)
	case !utf8.ValidString(r.URL.Path):
		return failure.New(codes.InvalidArgument, "BAD_REQUEST", "the path %q is not UTF-8", r.URL.Path)
	case !utf8.ValidString(query):
		return failure.New(codes.InvalidArgument, "BAD_REQUEST", "the query %q is not UTF-8", query)
	case query != "" && (r.Method == http.MethodPost || r.Method == http.MethodPatch):
		return failure.New(codes.InvalidArgument, "BAD_REQUEST", "a %s takes its fields in the body, not in the query", r.Method)
	}
	return nil
}
