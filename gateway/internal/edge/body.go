package edge

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

// takeBody reads the whole body before anything is done with it: it is small by rule, and so a slow, a huge or a
// broken one costs nothing but the read.
func takeBody(w *timedWriter, r *http.Request, deadline time.Duration) error {
	if err := checkContentType(r); err != nil {
		return err
	}
	if r.ContentLength == 0 {
		return nil
	}
	if err := w.controller.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		return failure.New(codes.Internal, "INTERNAL", "no deadline can be set: %v", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		return bodyError(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.controller.SetReadDeadline(time.Time{})
}

// checkContentType wants application/json of every write, one without a body included: a page can post an empty
// form anywhere, but JSON only where CORS lets it.
func checkContentType(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	case http.MethodDelete: // pages must always ask for this one
		if r.ContentLength == 0 {
			return nil
		}
	}
	given := r.Header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(given)
	charset := parameters["charset"]
	if err == nil && mediaType == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return failure.HTTP(http.StatusUnsupportedMediaType, codes.InvalidArgument, "CONTENT_TYPE_NOT_JSON",
		"the Content-Type of a write must be application/json, not %q", given)
}

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return failure.HTTP(http.StatusRequestEntityTooLarge, codes.InvalidArgument, "BODY_TOO_LARGE",
			"the body has more than %d bytes", maxBodyBytes)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return failure.HTTP(http.StatusRequestTimeout, codes.DeadlineExceeded, "BODY_TOO_SLOW",
			"the body did not arrive in time")
	}
	return failure.New(codes.InvalidArgument, "BAD_REQUEST", "the body cannot be read: %v", err)
}
