// Package streams serves the server's streams to the web, in three ways over one resuming reader: lines of JSON
// (NDJSON), Server-Sent Events, and WebSocket frames. Each event comes once and in order, also when the server
// restarts meanwhile; whoever reconnects says after which sequence to go on.
package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"tracktrove.dev/gateway"
	"tracktrove.dev/gateway/internal/failure"
)

// Streams are all streams of a gateway.
type Streams struct {
	hub     *hub
	closing context.Context // they are being told to end
	stop    context.CancelFunc
	cutting context.Context // those that have not yet ended are cut off
	cut     context.CancelFunc
	open    sync.WaitGroup
}

// New makes streams that read from conn.
func New(conn grpc.ClientConnInterface) *Streams {
	closing, stop := context.WithCancel(context.Background())
	cutting, cut := context.WithCancel(context.Background())
	return &Streams{hub: newHub(conn), closing: closing, stop: stop, cutting: cutting, cut: cut}
}

// sink is one way to the client.
type sink interface {
	// open answers the request: from here on there is a stream, or there is none and the client knows why.
	open() error
	send([]event) error
	// empty answers a stream that had nothing left after the sequence.
	empty(sequence int64)
	// end closes the stream after the sequence, with the reason or nil where it is over.
	end(sequence int64, reason error)
}

// Register serves every rpc of the mapping that answers a stream. It goes before the runtime's own handlers, which
// know nothing of resuming.
func (s *Streams) Register(mux *runtime.ServeMux, mapping []gateway.Binding) error {
	for _, b := range mapping {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(b.RPC))
		if err != nil {
			return fmt.Errorf("the HTTP mapping: %s: %w", b.RPC, err)
		}
		rpc, ok := descriptor.(protoreflect.MethodDescriptor)
		if !ok {
			return fmt.Errorf("the HTTP mapping: %s is no rpc", b.RPC)
		}
		m, ok := streaming(rpc)
		if !ok {
			continue
		}
		if err := mux.HandlePath(b.Method, b.Path, s.handler(m)); err != nil {
			return fmt.Errorf("the HTTP mapping: %s: %w", b.RPC, err)
		}
	}
	return nil
}

// Stop ends all streams, telling their clients where to go on.
func (s *Streams) Stop() { s.stop() }

// Wait returns when all streams have ended, WebSockets included, which an http.Server neither waits for nor closes. When
// ctx is done it cuts off the WebSockets that are left: a client that reads nothing would be waited for until the
// deadlines of what is still to be written. No new streams may begin any more.
func (s *Streams) Wait(ctx context.Context) {
	defer context.AfterFunc(ctx, s.cut)()
	s.open.Wait()
}

func (s *Streams) handler(m *method) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		s.open.Add(1)
		defer s.open.Done()
		request, err := m.decode(r, path)
		if err != nil {
			failure.Write(w, err)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.closing, cancel)()
		s.serve(ctx, w, m, request, s.newSink(w, r, cancel))
	}
}

// newSink chooses the way by what the client asks for; leave is called when the client has gone.
func (s *Streams) newSink(w http.ResponseWriter, r *http.Request, leave context.CancelFunc) sink {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return &webSocket{w: w, r: r, leave: leave, cutting: s.cutting}
	}
	for _, accepted := range strings.Split(r.Header.Get("Accept"), ",") {
		if mediaType, _, err := mime.ParseMediaType(accepted); err == nil && mediaType == "text/event-stream" {
			return &eventStream{newLines(w)}
		}
	}
	return newLines(w)
}

// serve opens the sink with the first event: by then the server has taken the request, and where the stream
// begins is settled, so that nothing that happens after the answer can be missed.
func (s *Streams) serve(ctx context.Context, w http.ResponseWriter, m *method, request protoreflect.Message, to sink) {
	opened, refused := false, false
	sequence, err := s.hub.follow(ctx, m, request, func(events []event) error {
		if !opened {
			if err := to.open(); err != nil {
				refused = true
				return err
			}
			opened = true
		}
		return to.send(events)
	})
	switch {
	case refused:
		return
	case s.closing.Err() != nil:
		err = failure.New(codes.Unavailable, "GATEWAY_SHUTTING_DOWN", "the gateway is shutting down")
	case ctx.Err() != nil:
		return // the client has gone
	case errors.Is(err, io.EOF):
		err = nil
	}
	switch {
	case opened:
		to.end(sequence, err)
	case err != nil:
		failure.Write(w, err)
	default:
		to.empty(sequence)
	}
}
