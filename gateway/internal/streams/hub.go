package streams

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxFeeds bounds what feeds can hold together; clients beyond it read streams of their own.
const maxFeeds = 64

// hub lets clients that ask for the same thing share a feed. Each begins with an upstream of its own, which
// answers what only the server can (is the request right, where is "now") and closes the gap to the feed; a
// client that is alone stays there.
type hub struct {
	conn         grpc.ClientConnInterface
	openDeadline time.Duration

	mu     sync.Mutex
	groups map[string]*group
	feeds  int
}

// group is the clients that ask for the same thing.
type group struct {
	clients int
	feed    *feed
	stop    context.CancelFunc // ends the feed
}

func newHub(conn grpc.ClientConnInterface) *hub {
	return &hub{conn: conn, openDeadline: openDeadline, groups: map[string]*group{}}
}

// follow hands the events of a stream to send, each once and in order, until it ends (io.EOF), fails, or send
// does. It answers the sequence to go on after.
func (h *hub) follow(ctx context.Context, m *method, request protoreflect.Message, send func([]event) error) (
	cursor int64, err error) {
	if m.resumeAfter == nil {
		return none, h.relay(ctx, m, request, send)
	}
	key, err := m.key(request)
	if err != nil {
		return 0, err
	}
	h.enter(key)
	defer h.leave(key)
	cursor = request.Get(m.resumeAfter).Int()
	source := h.newUpstream(m, request)
	defer func() { source.close() }()
	for {
		e, err := source.next(ctx)
		if err != nil {
			return cursor, err
		}
		if err := send([]event{e}); err != nil {
			return cursor, err
		}
		cursor = e.sequence
		feed, position := h.join(key, source, cursor)
		if feed == nil {
			continue
		}
		source.close()
		cursor, err = drain(ctx, feed, position, cursor, send)
		if !errors.Is(err, errFellBehind) {
			return cursor, err
		}
		m.setCursor(source.request, cursor)
	}
}

// relay is follow for a stream that is the answer to one call: it is its caller's alone.
func (h *hub) relay(ctx context.Context, m *method, request protoreflect.Message, send func([]event) error) error {
	source := h.newUpstream(m, request)
	defer source.close()
	for {
		e, err := source.next(ctx)
		if err != nil {
			return err
		}
		if err := send([]event{e}); err != nil {
			return err
		}
	}
}

// drain sends what comes in a feed. It may be behind its client at first, hence the comparison.
func drain(ctx context.Context, f *feed, position int, cursor int64, send func([]event) error) (int64, error) {
	for {
		events, err := f.after(ctx, position)
		if err != nil {
			return cursor, err
		}
		position += len(events)
		for len(events) > 0 && (events[0].sequence < cursor || events[0].sequence == cursor && !events[0].heartbeat) {
			events = events[1:]
		}
		if len(events) == 0 {
			continue
		}
		if err := send(events); err != nil {
			return cursor, err
		}
		cursor = events[len(events)-1].sequence
	}
}

func (h *hub) enter(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.groups[key] == nil {
		h.groups[key] = &group{}
	}
	h.groups[key].clients++
}

func (h *hub) leave(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.groups[key]
	g.clients--
	if g.clients > 0 {
		return
	}
	if g.feed != nil {
		g.stop()
		h.feeds--
	}
	delete(h.groups, key)
}

// join answers the group's feed if it can take over from a client's own upstream, starting it with the second
// client.
func (h *hub) join(key string, source *upstream, cursor int64) (*feed, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.groups[key]
	if g.clients < 2 {
		return nil, 0
	}
	if g.feed != nil && g.feed.ended() {
		g.stop()
		g.feed, h.feeds = nil, h.feeds-1
	}
	if g.feed == nil {
		if h.feeds == maxFeeds {
			return nil, 0
		}
		h.feeds++
		// It outlives the client that happens to start it; the last one to leave ends it.
		ctx, cancel := context.WithCancel(context.Background())
		shared := h.newUpstream(source.method, source.request)
		shared.began = true
		g.feed, g.stop = newFeed(cursor), cancel
		go g.feed.run(ctx, shared)
	}
	position, ok := g.feed.join(cursor)
	if !ok {
		return nil, 0
	}
	return g.feed, position
}
