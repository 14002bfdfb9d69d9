package web_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

const (
	changesPerSecond = 500
	ticksPerSecond   = 50
)

func TestManyWebSocketsFollowALivelySandboxOverARestart(t *testing.T) {
	clients, seconds := 100, 2
	switch {
	case os.Getenv("TRACKTROVE_LONG_TESTS") == "":
	case raceDetector: // makes everything about ten times as dear
		clients, seconds = 200, 10
	default: // what the gateway is held to
		clients, seconds = 1000, 10
	}
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	goroutines, heap := runtime.NumGoroutine(), heapInUse()

	total := int64(seconds * changesPerSecond)
	var group errgroup.Group
	for range clients {
		client, err := dialFrames(ctx, url+watch+"?resume_after=0")
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() error { return followFrames(client, total) })
	}
	started := time.Now()
	writeChanges(server, seconds)
	written := time.Now()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d clients, %d changes each in %v; the last one was there %v after it was written",
		clients, total, written.Sub(started).Round(time.Millisecond), time.Since(written).Round(time.Millisecond))

	if err := server.AwaitWatchers(ctx, 0); err != nil {
		t.Fatal("nobody is left, but streams are: ", err)
	}
	awaitGoroutines(ctx, t, goroutines)
	kept := int64(heapInUse()) - int64(heap)
	t.Logf("%d KiB of memory are left, most of it the fake server's log", kept>>10)
	if kept > 8<<20+total*changeBytes {
		t.Errorf("%d KiB were kept", kept>>10)
	}
}

// awaitGoroutines waits until those that began with the clients have ended. The connection to the server stays, and is
// worth some.
func awaitGoroutines(ctx context.Context, t *testing.T, before int) {
	t.Helper()
	for runtime.NumGoroutine() > before+20 {
		if ctx.Err() != nil {
			t.Fatalf("%d goroutines were left of %d", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func heapInUse() uint64 {
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

// What the fake server's own log takes for a change, generously.
const changeBytes = 1 << 10

// writeChanges writes changes at a steady pace, and restarts the server in the middle.
func writeChanges(server *fakeserver.Server, seconds int) {
	ticker := time.NewTicker(time.Second / ticksPerSecond)
	defer ticker.Stop()
	for tick := range seconds * ticksPerSecond {
		<-ticker.C
		server.Append(changesPerSecond / ticksPerSecond)
		switch tick {
		case seconds * ticksPerSecond / 2:
			server.Stop()
		case seconds*ticksPerSecond/2 + 10:
			server.Resume()
		}
	}
}

// sequenceOf reads a frame's sequence without the cost of a real client's JSON.
func sequenceOf(frame []byte) (int64, error) {
	_, rest, _ := bytes.Cut(frame, []byte(`"sequence":"`))
	digits, _, _ := bytes.Cut(rest, []byte(`"`))
	sequence, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", frame, err)
	}
	return sequence, nil
}

// followFrames reads changes 1 to last, each once and in order.
func followFrames(client *frameClient, last int64) error {
	defer client.Close()
	for sequence := int64(1); sequence <= last; {
		frame, err := client.next()
		if err != nil {
			return fmt.Errorf("after %d: %w", sequence-1, err)
		}
		got, err := sequenceOf(frame)
		switch {
		case err != nil:
			return err
		case bytes.HasPrefix(frame, []byte(`{"result":{"heartbeat"`)):
		case got != sequence:
			return fmt.Errorf("after %d came %d", sequence-1, got)
		default:
			sequence++
		}
	}
	return nil
}
