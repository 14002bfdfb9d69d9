package streams

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"tracktrove.dev/gateway/internal/failure"
)

const (
	subprotocol  = "tracktrove.v1"
	pingInterval = 20 * time.Second
	pongDeadline = 10 * time.Second
)

// webSocket sends each line as a text frame, and closes with a reason that says after which sequence to go on.
type webSocket struct {
	w     http.ResponseWriter
	r     *http.Request
	leave context.CancelFunc
	// Done when the client is not waited for any more.
	cutting context.Context

	conn   *websocket.Conn
	frames *frameConn
}

func (s *webSocket) open() error {
	hijacker := &frameHijacker{ResponseWriter: s.w}
	conn, err := websocket.Accept(hijacker, s.r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // the edge has checked the Origin
	})
	if err != nil {
		failure.Write(s.w, failure.HTTP(max(hijacker.refused, http.StatusBadRequest), codes.InvalidArgument,
			"NO_WEBSOCKET", "%v", err))
		return err
	}
	s.conn, s.frames = conn, hijacker.conn
	// Nothing is expected from the client but pongs and its close.
	gone := conn.CloseRead(context.Background())
	// Whatever is being written or waited for fails with the connection below.
	uncut := context.AfterFunc(s.cutting, func() { _ = s.frames.Conn.Close() })
	context.AfterFunc(gone, func() {
		uncut()
		s.leave()
	})
	go s.ping(gone)
	return nil
}

func (s *webSocket) send(events []event) error { return s.frames.send(events) }

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
