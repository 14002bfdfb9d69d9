package streams

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	pingInterval  = 20 * time.Second
	pongDeadline  = 10 * time.Second
	writeDeadline = 30 * time.Second
	// Frames of a batch that go to the socket in one write.
	gatherBytes = 64 << 10
)

// webSocket sends each line as a text frame, and closes with a reason that says after which sequence to go on.
type webSocket struct {
	w     http.ResponseWriter
	r     *http.Request
	leave context.CancelFunc

	conn     *websocket.Conn
	gatherer *gatherer
}

func (s *webSocket) open() error {
	hijacker := &gatheringHijacker{ResponseWriter: s.w}
	// The edge has checked the Origin.
	conn, err := websocket.Accept(hijacker, s.r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	s.conn, s.gatherer = conn, hijacker.conn
	// Nothing is expected from the client but pongs and its close.
	gone := conn.CloseRead(context.Background())
	context.AfterFunc(gone, s.leave)
	go s.ping(gone)
	return nil
}

func (s *webSocket) send(events []event) error {
	s.gatherer.gather()
	for _, e := range events {
		// Without a deadline here: the bytes only reach the gatherer, which has its own.
		if err := s.conn.Write(context.Background(), websocket.MessageText, e.line); err != nil {
			return err
		}
	}
	return s.gatherer.release()
}

func (s *webSocket) empty(sequence int64) {
	if s.open() == nil {
		s.end(sequence, nil)
	}
}

func (s *webSocket) end(sequence int64, reason error) {
	resume := fmt.Sprintf("resume_after=%d", sequence)
	if reason == nil {
		_ = s.conn.Close(websocket.StatusNormalClosure, resume)
		return
	}
	if err := s.conn.Write(context.Background(), websocket.MessageText, errorLine(sequence, reason)); err != nil {
		return
	}
	c := status.Code(reason)
	_ = s.conn.Close(closeCode(c), fmt.Sprintf("%s %s", code.Code(c), resume))
}

// closeCode tells what is worth coming back for from what is not.
func closeCode(c codes.Code) websocket.StatusCode {
	switch c {
	case codes.Unavailable:
		return websocket.StatusTryAgainLater
	case codes.Internal, codes.Unknown:
		return websocket.StatusInternalError
	default:
		return websocket.StatusPolicyViolation
	}
}

func (s *webSocket) ping(gone context.Context) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-gone.Done():
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(gone, pongDeadline)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil {
			s.leave()
			return
		}
	}
}

// gatherer collects the frames of a batch, so that a client that is behind costs one write to the socket and not
// one a frame; and it gives each of those writes a deadline.
type gatherer struct {
	net.Conn
	mu        sync.Mutex
	gathering bool
	buffer    []byte
}

func (g *gatherer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buffer = append(g.buffer, p...)
	if g.gathering && len(g.buffer) < gatherBytes {
		return len(p), nil
	}
	return len(p), g.flush()
}

func (g *gatherer) gather() {
	g.mu.Lock()
	g.gathering = true
	g.mu.Unlock()
}

func (g *gatherer) release() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gathering = false
	return g.flush()
}

func (g *gatherer) flush() error {
	if err := g.SetWriteDeadline(time.Now().Add(writeDeadline)); err != nil {
		return err
	}
	_, err := g.Conn.Write(g.buffer)
	g.buffer = g.buffer[:0]
	return err
}

// gatheringHijacker puts a gatherer below the WebSocket.
type gatheringHijacker struct {
	http.ResponseWriter
	conn *gatherer
}

func (h *gatheringHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &gatherer{Conn: conn}
	return h.conn, bufio.NewReadWriter(buffered.Reader, bufio.NewWriter(h.conn)), nil
}
