package web

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

// routes are all calls that there are, for what has to be said about those that there are not.
type routes []route

type route struct {
	method string
	path   *regexp.Regexp
}

var variable = regexp.MustCompile(`\{\w+\}`)

func (all *routes) add(method, path string) {
	parts := variable.Split(path, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	*all = append(*all, route{method, regexp.MustCompile("^" + strings.Join(parts, "[^/]+") + "$")})
}

// methods are those that a path has, in the form of the Allow header.
func (all routes) methods(path string) string {
	methods := []string{}
	for _, r := range all {
		if r.path.MatchString(path) {
			methods = append(methods, r.method)
		}
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}

// refuse answers a request that is none of the calls.
func (all *routes) refuse(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter,
	r *http.Request, httpStatus int) {
	switch httpStatus {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", all.methods(r.URL.Path))
		failure.Write(w, failure.HTTP(httpStatus, codes.Unimplemented, "METHOD_NOT_ALLOWED",
			"%s has no method %s", r.URL.Path, r.Method))
	case http.StatusNotFound:
		failure.Write(w, failure.New(codes.NotFound, "PATH_NOT_FOUND", "there is nothing at %s", r.URL.Path))
	default:
		failure.Write(w, failure.HTTP(httpStatus, codes.InvalidArgument, "BAD_REQUEST",
			"the path %q cannot be read", r.URL.Path))
	}
}
