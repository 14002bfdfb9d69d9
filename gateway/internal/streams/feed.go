package streams

import (
	"context"
	"errors"
	"sort"
	"sync"
	"time"
)

// The newest events that a feed keeps; who falls further behind reads from the server again.
const (
	keptEvents = 4096
	keptBytes  = 4 << 20
	// How often clients are woken at most: what comes in between goes to each of them in one write.
	wakeInterval = 10 * time.Millisecond
)

var errFellBehind = errors.New("fell out of what the feed keeps")

// feed reads one upstream for all clients that ask for the same thing, so that a thousand pages watching one
// sandbox cost the server one stream, and each message is written as JSON once. It keeps the newest events and
// queues for nobody: every client has a position of its own.
type feed struct {
	mu     sync.Mutex
	events []event // never changed once in here, so that parts of it can be handed out
	bytes  int
	base   int   // the position of events[0]
	floor  int64 // everything after this sequence is in events
	grown  chan struct{}
	woke   time.Time // when clients were woken last
	waking bool      // they will be, within the interval
	err    error     // why it ended
}

func newFeed(after int64) *feed {
	return &feed{floor: after, grown: make(chan struct{})}
}

// run fills the feed until its upstream ends.
func (f *feed) run(ctx context.Context, source *upstream) {
	defer source.close()
	for {
		e, err := source.next(ctx)
		f.mu.Lock()
		if err != nil {
			f.err = err
		} else {
			f.append(e)
		}
		f.wakeSoon()
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// wakeSoon wakes the clients at once, or at the end of the interval that the last time began.
func (f *feed) wakeSoon() {
	if f.waking {
		return
	}
	f.waking = true
	time.AfterFunc(time.Until(f.woke.Add(wakeInterval)), func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waking, f.woke = false, time.Now()
		close(f.grown)
		f.grown = make(chan struct{})
	})
}

func (f *feed) append(e event) {
	f.events = append(f.events, e)
	f.bytes += len(e.line)
	for len(f.events) > keptEvents || f.bytes > keptBytes {
		f.floor = f.events[0].sequence
		f.bytes -= len(f.events[0].line)
		f.events = f.events[1:]
		f.base++
	}
}

// join is the position of a client that has seen everything up to cursor, if the feed has all that comes after.
func (f *feed) join(cursor int64) (position int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cursor < f.floor || f.err != nil {
		return 0, false
	}
	return f.base + sort.Search(len(f.events), func(i int) bool { return f.events[i].sequence > cursor }), true
}

// after waits for the events from position on.
func (f *feed) after(ctx context.Context, position int) ([]event, error) {
	for {
		f.mu.Lock()
		base, events, grown, err := f.base, f.events, f.grown, f.err
		f.mu.Unlock()
		switch {
		case position < base:
			return nil, errFellBehind
		case position < base+len(events):
			return events[position-base:], nil
		case err != nil:
			return nil, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *feed) ended() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}
