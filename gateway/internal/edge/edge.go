// Package edge decides which HTTP requests get in at all. A gateway on a loopback port can be reached by every
// web page that its user visits: so the Host must be ours (DNS rebinding), the Origin one that is listed
// (drive-by requests, WebSockets included), and a write must be JSON, which no page can send without asking.
package edge

import (
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

// Options are the lists of an edge. Loopback names are always good hosts, and a page's own host a good origin.
type Options struct {
	Token       string   // asked of every request but those for what is open; empty: of none
	Open        []string // paths of what holds no data: a page must be there before it can ask for the token
	Hosts       []string // names that this gateway goes by
	Origins     []string // pages that may send requests, such as `https://pay.example`
	CORSOrigins []string // pages that may read the answers, too

	BodyDeadline time.Duration // for a request's whole body
}

const (
	maxHeaderBytes = 16 << 10
	maxBodyBytes   = 1 << 20
	writeDeadline  = 30 * time.Second
)

// passed are the headers that a handler sees; no other one gets in, `Grpc-Metadata-*` and
// `X-HTTP-Method-Override` least of all.
var passed = []string{
	"Accept", "Accept-Encoding", "Content-Type", "If-Modified-Since", "If-None-Match", "Last-Event-Id", "Range",
	"Connection", "Upgrade", "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol",
	"Sec-Websocket-Version",
}

type edge struct {
	options Options
	next    http.Handler
}

// New puts an edge before next.
func New(options Options, next http.Handler) http.Handler {
	return &edge{options, next}
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	writer := &timedWriter{w, http.NewResponseController(w)}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	answered, err := e.admit(writer, r)
	switch {
	case err != nil:
		// What is left of a refused body is not worth reading.
		w.Header().Set("Connection", "close")
		failure.Write(writer, err)
	case !answered:
		e.next.ServeHTTP(writer, stripped(r))
	}
}

func (e *edge) admit(w *timedWriter, r *http.Request) (answered bool, err error) {
	if err := checkHeaderSize(r); err != nil {
		return false, err
	}
	if err := e.checkHost(r); err != nil {
		return false, err
	}
	if err := e.checkOrigin(r); err != nil {
		return false, err
	}
	if e.answerCORS(w, r) {
		return true, nil
	}
	if err := e.checkToken(r); err != nil {
		return false, err
	}
	if err := checkTarget(r); err != nil {
		return false, err
	}
	return false, takeBody(w, r, e.options.BodyDeadline)
}

func checkHeaderSize(r *http.Request) error {
	size := len(r.RequestURI)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxHeaderBytes {
		return failure.HTTP(http.StatusRequestHeaderFieldsTooLarge, codes.InvalidArgument, "HEADERS_TOO_LARGE",
			"the request line and headers have %d bytes, more than %d", size, maxHeaderBytes)
	}
	return nil
}

func stripped(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	headers := r.Header
	r.Header = http.Header{}
	for _, name := range passed {
		if values, ok := headers[name]; ok {
			r.Header[name] = values
		}
	}
	withoutToken(r.Header)
	return r
}

// timedWriter gives every write a deadline of its own, so that a stream may last while a client that has stopped
// reading may not.
type timedWriter struct {
	http.ResponseWriter
	controller *http.ResponseController
}

func (w *timedWriter) Write(p []byte) (int, error) {
	_ = w.controller.SetWriteDeadline(time.Now().Add(writeDeadline))
	return w.ResponseWriter.Write(p)
}

func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
