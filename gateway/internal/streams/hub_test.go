package streams

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/reflect/protoreflect"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
	"tracktrove.dev/gateway/internal/fakeserver"
)

var errEnough = errors.New("enough")

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func startHub(t *testing.T) (*fakeserver.Server, *hub, *method, protoreflect.Message) {
	server := fakeserver.Start(t)
	service := tracktrovev1.File_tracktrove_v1_transaction_proto.Services().ByName("TransactionService")
	m, ok := streaming(service.Methods().ByName("WatchTransactions"))
	if !ok {
		t.Fatal("WatchTransactions is no stream")
	}
	return server, newHub(dial(t, server.Address)), m, m.request.New()
}

// reader checks what follow sends. While the test holds its lock, it takes nothing.
type reader struct {
	sync.Mutex
	last, until int64
	seen        chan int64
	began       chan struct{} // closed when something has come, if only a heartbeat
	once        sync.Once
}

func newReader(until int64) *reader {
	return &reader{seen: make(chan int64, until), until: until, began: make(chan struct{})}
}

func (r *reader) send(events []event) error {
	r.Lock()
	defer r.Unlock()
	r.once.Do(func() { close(r.began) })
	for _, e := range events {
		if e.heartbeat {
			continue
		}
		if e.sequence != r.last+1 {
			return fmt.Errorf("after %d came %d", r.last, e.sequence)
		}
		r.last = e.sequence
		r.seen <- e.sequence
	}
	if r.last == r.until {
		return errEnough
	}
	return nil
}

func await(t *testing.T, r *reader, sequence int64) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case seen := <-r.seen:
			if seen == sequence {
				return
			}
		case <-deadline:
			t.Fatalf("%d did not come", sequence)
		}
	}
}

func TestAClientThatFallsOutOfWhatAFeedKeepsMissesNothing(t *testing.T) {
	server, h, m, request := startHub(t)
	// Said, because "now" may be later for the second than for the first.
	m.setCursor(request, 0)
	const behind = 3 * keptEvents
	slow, quick := newReader(behind+3), newReader(behind+3)
	done := make(chan error, 2)
	for _, r := range []*reader{slow, quick} {
		go func() {
			_, err := h.follow(t.Context(), m, request, r.send)
			done <- err
		}()
	}
	// Both are there now, and whichever reads a stream of its own leaves that for the feed with its next event.
	<-slow.began
	<-quick.began
	server.Append(1)
	await(t, slow, 1)
	await(t, quick, 1)
	if err := server.AwaitWatchers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	slow.Lock()
	server.Append(1)
	await(t, quick, 2)
	server.Append(behind)
	await(t, quick, behind+2)
	slow.Unlock()
	await(t, slow, behind+2)
	server.Append(1)
	for range 2 {
		if err := <-done; !errors.Is(err, errEnough) {
			t.Error(err)
		}
	}
}

// turns gives the first stream to one server and the next to the other.
type turns struct {
	grpc.ClientConnInterface
	next grpc.ClientConnInterface
}

func (c *turns) NewStream(ctx context.Context, stream *grpc.StreamDesc, method string, options ...grpc.CallOption) (
	grpc.ClientStream, error) {
	now := c.ClientConnInterface
	c.ClientConnInterface, c.next = c.next, now
	return now.NewStream(ctx, stream, method, options...)
}

func TestAServerThatHangsKeepsNobodyFromAnotherOneNorWaitingForEver(t *testing.T) {
	server, h, m, request := startHub(t)
	server.Append(3)
	m.setCursor(request, 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hangs := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		<-stream.Context().Done()
		return stream.Context().Err()
	}))
	go func() { _ = hangs.Serve(listener) }()
	t.Cleanup(hangs.Stop)
	hung := dial(t, listener.Addr().String())
	h.openDeadline = 500 * time.Millisecond // what a server that does not hang may need on a busy machine

	h.conn = &turns{hung, h.conn}
	if _, err := h.follow(t.Context(), m, request, newReader(3).send); !errors.Is(err, errEnough) {
		t.Error("beside one that hangs: ", err)
	}
	h.conn = hung
	if _, err := h.follow(t.Context(), m, request, newReader(3).send); !errors.Is(err, errLate) {
		t.Error("with none but one that hangs: ", err)
	}
}

func TestAFeedTakesOnlyThoseForWhomItHasEverything(t *testing.T) {
	f := newFeed(10)
	for sequence := int64(11); sequence <= 10+keptEvents; sequence++ {
		f.append(event{sequence: sequence})
	}
	if _, ok := f.join(9); ok {
		t.Error("one who lacks 10 was taken")
	}
	if position, ok := f.join(10); !ok || position != 0 {
		t.Error("one who lacks nothing was not taken")
	}
	f.append(event{sequence: 11 + keptEvents})
	if _, ok := f.join(10); ok {
		t.Error("one who lacks 11, which is gone, was taken")
	}
	if _, err := f.after(t.Context(), 0); !errors.Is(err, errFellBehind) {
		t.Error("one who waits for 11 got", err)
	}
	if position, ok := f.join(11 + keptEvents); !ok || position != keptEvents+1 {
		t.Error("one who is at the end begins at", position)
	}
}

func TestAFeedKeepsNoMoreBytesThanItMay(t *testing.T) {
	f := newFeed(0)
	for sequence := int64(1); sequence <= 100; sequence++ {
		f.append(event{sequence: sequence, line: make([]byte, keptBytes/10)})
	}
	if len(f.events) != 10 || f.bytes > keptBytes || f.floor != 90 {
		t.Errorf("%d events of %d bytes after %d", len(f.events), f.bytes, f.floor)
	}
}

func TestALateClientIsNotGivenWhatItHasSeen(t *testing.T) {
	f := newFeed(0)
	for sequence := int64(1); sequence <= 10; sequence++ {
		f.append(event{sequence: sequence})
		f.append(event{sequence: sequence, heartbeat: true})
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := []event{}
	// It joins at the beginning, as one does whose feed is behind it.
	cursor, _ := drain(ctx, f, 0, 8, func(events []event) error {
		got = append(got, events...)
		cancel()
		return nil
	})
	if cursor != 10 || len(got) != 5 || !got[0].heartbeat || got[0].sequence != 8 || got[1].sequence != 9 {
		t.Errorf("up to %d came %+v", cursor, got)
	}
}
