//go:build e2e

package web_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
	"tracktrove.dev/gateway/internal/web"
)

func (l lab) head() (sequence int64) {
	l.Helper()
	got := call(l, "GET", l.api, "", nil)
	got.expectOK(l)
	if _, err := fmt.Sscan(got.body["headSequence"].(string), &sequence); err != nil {
		l.Fatal(err)
	}
	return sequence
}

func TestTheLogIsFollowedOverTheServersDeathAndItsRestart(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		l := startLab(t)
		s := mustOpen(t, open, soon(t), l.api+"/trace:stream", 0)
		seen := int64(0)
		for _, signal := range []os.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
			for range 5 {
				l.initiate("")
			}
			head := l.head()
			mustFollow(t, s, seen, head)
			seen = head
			l.restart(signal)
		}
		// One that comes back by itself, after the last record it has seen.
		s.close()
		again := mustOpen(t, open, soon(t), l.api+"/trace:stream", seen)
		l.initiate("")
		mustFollow(t, again, seen, l.head())
	})
}

func TestManyWebSocketsFollowTheRealServerOverARestart(t *testing.T) {
	clients, transactions := 50, 300
	if os.Getenv("TRACKTROVE_LONG_TESTS") != "" && !raceDetector {
		clients, transactions = 1000, 1700
	}
	l := startLab(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	counts := make([]int, clients)
	var group errgroup.Group
	for i := range clients {
		client, err := dialFrames(ctx, l.api+"/transactions:watch")
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() (err error) {
			counts[i], err = countChanges(client)
			return err
		})
	}
	began := time.Now()
	initiateMany(ctx, t, l.server, transactions)
	wrote := time.Now()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	// INITIATED, ESCROW and COMPLETED.
	for i, count := range counts {
		if count != 3*transactions {
			t.Fatalf("client %d has seen %d changes of %d", i, count, 3*transactions)
		}
	}
	t.Logf("%d clients, %d changes each, %.0f a second; the last one was there %v after it was written", clients,
		3*transactions, float64(3*transactions)/wrote.Sub(began).Seconds(), time.Since(wrote).Round(time.Millisecond))
	awaitGoroutines(ctx, t, goroutines)
	if kept := int64(heapInUse()) - int64(heap); kept > 8<<20 {
		t.Errorf("%d KiB were kept", kept>>10)
	}
}

// initiateMany makes some 500 changes a second, and restarts the server in the middle. The last one's payee is `end`.
func initiateMany(ctx context.Context, t *testing.T, server *realServer, transactions int) {
	t.Helper()
	conn, err := web.Dial([]string{server.address}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := tracktrovev1.NewTransactionServiceClient(conn)
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(64)
	for i := range transactions - 1 {
		// By the clock, so that what the restart delays is made up for.
		time.Sleep(time.Until(began.Add(time.Duration(i) * 6 * time.Millisecond)))
		if i == transactions/2 {
			stopped := time.Now()
			server.stop(syscall.SIGKILL)
			server.resume()
			t.Logf("the server was away for %v", time.Since(stopped).Round(time.Millisecond))
		}
		group.Go(func() error { return initiateOnce(ctx, client, fmt.Sprint(i), "ravi") })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := initiateOnce(ctx, client, "last", "end"); err != nil {
		t.Fatal(err)
	}
}

// initiateOnce tries until it is answered; the request id sees to it that there is one transaction.
func initiateOnce(ctx context.Context, client tracktrovev1.TransactionServiceClient, requestID, payee string) error {
	for {
		_, err := client.InitiateTransaction(ctx, &tracktrovev1.InitiateTransactionRequest{
			Sandbox: "lab", RequestId: requestID, Kind: tracktrovev1.Transaction_TIP, Payer: "asha", Payee: payee,
			Amount: &tracktrovev1.Money{CurrencyCode: "INR", MinorUnits: 2550},
		}, grpc.WaitForReady(true))
		if status.Code(err) != codes.Unavailable || ctx.Err() != nil {
			return err
		}
	}
}

// countChanges reads until the last transaction has completed, and checks that sequences only rise.
func countChanges(client *frameClient) (changes int, err error) {
	defer client.Close()
	last := int64(0)
	for {
		frame, err := client.next()
		if err != nil {
			return changes, fmt.Errorf("after %d: %w", last, err)
		}
		if bytes.HasPrefix(frame, []byte(`{"result":{"heartbeat"`)) {
			continue
		}
		sequence, err := sequenceOf(frame)
		if err != nil || sequence <= last {
			return changes, fmt.Errorf("after %d came %s, %w", last, frame, err)
		}
		last = sequence
		changes++
		if bytes.Contains(frame, []byte(`"payee":"end"`)) && bytes.Contains(frame, []byte(`"toState":"COMPLETED"`)) {
			return changes, nil
		}
	}
}
