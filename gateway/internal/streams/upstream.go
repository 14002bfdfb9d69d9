package streams

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// How long servers may be away before their streams are given up, and how often one is opened that never began.
	resumeWindow = 2 * time.Minute
	openAttempts = 3
	// A server says at once where a stream stands that can be taken up again.
	openDeadline = 5 * time.Second
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// upstream reads one stream as if it never broke: when the connection ages or the server goes away, it takes the
// stream up again after the last sequence seen, at whichever server is there. One that is the answer to a call makes
// the call again, if its `request_id` joins what the first one began.
type upstream struct {
	conn         grpc.ClientConnInterface
	openDeadline time.Duration
	method       *method
	request      protoreflect.Message // its own; `resume_after` is the cursor

	stream grpc.ClientStream // none: to be opened
	cancel context.CancelFunc
	began  bool // an event was seen, so that the cursor says where to go on
}

func (h *hub) newUpstream(m *method, request protoreflect.Message) *upstream {
	own := proto.Clone(request.Interface()).ProtoReflect()
	return &upstream{conn: h.conn, openDeadline: h.openDeadline, method: m, request: own, cancel: func() {}}
}

// next waits for the next event. The end of a stream is io.EOF.
func (u *upstream) next(ctx context.Context) (event, error) {
	broken := time.Time{}
	for pause, attempt := firstPause, 1; ; pause, attempt = min(2*pause, longestPause), attempt+1 {
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
		over := time.Since(broken) > resumeWindow || !u.began && attempt == openAttempts
		if over || !passes(err) || u.method.resumeAfter == nil && !HasRequestID(u.request.Interface()) {
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
		return u.open(ctx)
	}
	return u.method.receive(u.stream)
}

// open answers the first event.
func (u *upstream) open(ctx context.Context) (e event, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	if u.method.resumeAfter != nil {
		late := time.AfterFunc(u.openDeadline, func() { cancel(errLate) })
		defer late.Stop()
	}
	stream, err := u.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, u.method.path)
	if err == nil {
		err = stream.SendMsg(u.request.Interface())
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err == nil {
		e, err = u.method.receive(stream)
	}
	if err != nil {
		if errors.Is(context.Cause(ctx), errLate) {
			err = errLate
		}
		cancel(nil)
		return event{}, err
	}
	u.stream, u.cancel = stream, func() { cancel(nil) }
	return e, nil
}

// close ends the server's side; next would open it again.
func (u *upstream) close() {
	u.cancel()
	u.stream = nil
}

// HasRequestID says whether a write has one effect however often it is made.
func HasRequestID(request proto.Message) bool {
	message := request.ProtoReflect()
	field := message.Descriptor().Fields().ByName("request_id")
	return field != nil && message.Has(field)
}

var errLate = status.Error(codes.DeadlineExceeded, "the server did not begin the stream in time")

// passes says whether an error is one of the way, and not of the request: the server is away, hangs, stops, or has
// cut the stream for its own reasons.
func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded:
		return true
	}
	return false
}
