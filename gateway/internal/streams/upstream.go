package streams

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// How long a server may be away before its streams are given up.
	resumeWindow = 2 * time.Minute
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// upstream reads one stream of the server as if it never broke: when the connection ages or the server restarts,
// it takes the stream up again after the last sequence seen.
type upstream struct {
	conn    grpc.ClientConnInterface
	method  *method
	request protoreflect.Message // its own; `resume_after` is the cursor

	stream grpc.ClientStream // none: to be opened
	cancel context.CancelFunc
	began  bool // an event was seen, so that the cursor says where to go on
}

func newUpstream(conn grpc.ClientConnInterface, m *method, request protoreflect.Message) *upstream {
	own := proto.Clone(request.Interface()).ProtoReflect()
	return &upstream{conn: conn, method: m, request: own, cancel: func() {}}
}

// next waits for the next event. The end of a stream is io.EOF.
func (u *upstream) next(ctx context.Context) (event, error) {
	broken := time.Time{}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		e, err := u.receive(ctx)
		if err == nil {
			u.began = true
			u.method.setCursor(u.request, e.sequence)
			return e, nil
		}
		u.close()
		if broken.IsZero() {
			broken = time.Now()
		}
		if !u.began || !passes(err) || time.Since(broken) > resumeWindow {
			return event{}, err
		}
		select {
		case <-ctx.Done():
			return event{}, ctx.Err()
		// Spread, so that a server that is back is not met by all its streams at once.
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}

func (u *upstream) receive(ctx context.Context) (event, error) {
	if u.stream == nil {
		if err := u.open(ctx); err != nil {
			return event{}, err
		}
	}
	for {
		message := u.method.response.New()
		if err := u.stream.RecvMsg(message.Interface()); err != nil {
			return event{}, err
		}
		if e, ok, err := u.method.read(message); ok || err != nil {
			return e, err
		}
	}
}

func (u *upstream) open(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := u.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, u.method.path)
	if err == nil {
		err = stream.SendMsg(u.request.Interface())
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		cancel()
		return err
	}
	u.stream, u.cancel = stream, cancel
	return nil
}

// close ends the server's side; next would open it again.
func (u *upstream) close() {
	u.cancel()
	u.stream = nil
}

// passes says whether an error is one of the way, and not of the request: the server is away, stops, or has cut
// the stream for its own reasons.
func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled:
		return true
	}
	return false
}
