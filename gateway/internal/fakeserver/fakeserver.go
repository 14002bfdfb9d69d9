// Package fakeserver is a server for tests: it answers the few calls that the gateway's tests need, streams state
// changes from a log that the test writes, and can be stopped and started at the same address.
package fakeserver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
)

// Server is a fake server on a loopback port.
type Server struct {
	tracktrovev1.UnimplementedTransactionServiceServer
	tracktrovev1.UnimplementedSandboxServiceServer
	*data

	Address string
	Health  *health.Server
	Calls   atomic.Int64 // of InitiateTransaction
	Failing atomic.Bool  // InitiateTransaction is UNAVAILABLE after it has been counted

	t    testing.TB
	grpc *grpc.Server
}

// data is what replicas share.
type data struct {
	mu       sync.Mutex
	log      []*tracktrovev1.TransactionChange // sequence i+1 at i
	oldest   int64
	grown    chan struct{}
	cut      chan struct{} // closed: streams end as a stalled one does
	watchers int
	watched  chan struct{} // closed: the number of watchers changed
}

// FreeAddress is one that a restart finds free again: below the ports that the system hands out, because a client that
// keeps dialling a dead one of those can meet itself.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// Start starts a server that stops with the test.
func Start(t testing.TB) *Server {
	return start(t, &data{oldest: 1, grown: make(chan struct{}), cut: make(chan struct{}), watched: make(chan struct{})})
}

// StartReplica starts another one that has the same log.
func (s *Server) StartReplica() *Server { return start(s.t, s.data) }

func start(t testing.TB, shared *data) *Server {
	s := &Server{data: shared, Address: FreeAddress(t), Health: health.NewServer(), t: t}
	s.Resume()
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the server as a crash would.
func (s *Server) Stop() { s.grpc.Stop() }

// Resume starts it again at its address, with its log.
func (s *Server) Resume() {
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.grpc = grpc.NewServer()
	tracktrovev1.RegisterTransactionServiceServer(s.grpc, s)
	tracktrovev1.RegisterSandboxServiceServer(s.grpc, s)
	grpc_health_v1.RegisterHealthServer(s.grpc, s.Health)
	server := s.grpc
	go func() { _ = server.Serve(listener) }()
}

// Append writes n changes to the log.
func (d *data) Append(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range n {
		d.log = append(d.log, &tracktrovev1.TransactionChange{
			Sequence: int64(len(d.log) + 1), TransactionId: "019b76da-a800-7000-8000-000000000001",
			Kind: tracktrovev1.Transaction_TIP, Payer: "asha", Payee: "ravi",
			Amount:    &tracktrovev1.Money{CurrencyCode: "INR", MinorUnits: 2550},
			FromState: tracktrovev1.Transaction_INITIATED, ToState: tracktrovev1.Transaction_ESCROW, Attempt: 1,
		})
	}
	close(d.grown)
	d.grown = make(chan struct{})
}

// Forget drops what comes before a sequence from the log.
func (d *data) Forget(before int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.oldest = before
}

// Cut ends all streams, as the server does with one whose client has stalled.
func (d *data) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.cut)
	d.cut = make(chan struct{})
}

// AwaitWatchers waits until there are n streams.
func (d *data) AwaitWatchers(ctx context.Context, n int) error {
	for {
		d.mu.Lock()
		watchers, watched := d.watchers, d.watched
		d.mu.Unlock()
		if watchers == n {
			return nil
		}
		select {
		case <-watched:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *data) countWatcher(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers += by
	close(d.watched)
	d.watched = make(chan struct{})
}

// InitiateTransaction answers what was asked.
func (s *Server) InitiateTransaction(_ context.Context, r *tracktrovev1.InitiateTransactionRequest) (
	*tracktrovev1.Transaction, error) {
	s.Calls.Add(1)
	if s.Failing.Load() {
		return nil, refuse(codes.Unavailable, "SERVER_SHUTTING_DOWN")
	}
	return &tracktrovev1.Transaction{
		Sandbox: r.GetSandbox(), RequestId: r.GetRequestId(), Kind: r.GetKind(), Amount: r.GetAmount(),
		State: tracktrovev1.Transaction_INITIATED, Payer: r.GetPayer(), Dto: r.GetPayload(),
	}, nil
}

// GetTransaction knows none.
func (s *Server) GetTransaction(context.Context, *tracktrovev1.GetTransactionRequest) (
	*tracktrovev1.Transaction, error) {
	return nil, refuse(codes.NotFound, "TRANSACTION_NOT_FOUND")
}

// ListTransactions has nothing to list.
func (s *Server) ListTransactions(context.Context, *tracktrovev1.ListTransactionsRequest) (
	*tracktrovev1.ListTransactionsResponse, error) {
	return &tracktrovev1.ListTransactionsResponse{}, nil
}

// DeleteSandbox is the call that hostile requests aim at: reaching it fails the test.
func (s *Server) DeleteSandbox(_ context.Context, r *tracktrovev1.DeleteSandboxRequest) (
	*tracktrovev1.DeleteSandboxResponse, error) {
	s.t.Errorf("DeleteSandbox was reached for %q", r.GetSandbox())
	return &tracktrovev1.DeleteSandboxResponse{}, nil
}

// WatchTransactions streams the log from a cursor, behind a heartbeat that says where it begins.
func (s *Server) WatchTransactions(r *tracktrovev1.WatchTransactionsRequest,
	stream tracktrovev1.TransactionService_WatchTransactionsServer) error {
	s.mu.Lock()
	head, oldest, cut := int64(len(s.log)), s.oldest, s.cut
	s.mu.Unlock()
	cursor := head
	if r.ResumeAfter != nil {
		cursor = r.GetResumeAfter()
	}
	if r.GetSandbox() == "nowhere" {
		return refuse(codes.NotFound, "SANDBOX_NOT_FOUND")
	}
	if r.GetMaxChanges() > 1 {
		s.t.Errorf("a watch asks for %d changes in a message", r.GetMaxChanges())
	}
	if cursor > head || cursor < oldest-1 {
		return refuse(codes.OutOfRange, "CURSOR_OUT_OF_RANGE")
	}
	s.countWatcher(1)
	defer s.countWatcher(-1)
	beat := &tracktrovev1.WatchTransactionsResponse_Heartbeat{Heartbeat: &tracktrovev1.Heartbeat{Sequence: cursor}}
	if err := stream.Send(&tracktrovev1.WatchTransactionsResponse{Event: beat}); err != nil {
		return err
	}
	for {
		s.mu.Lock()
		changes, grown := s.log[cursor:], s.grown
		s.mu.Unlock()
		for _, change := range changes {
			event := &tracktrovev1.WatchTransactionsResponse_Change{Change: change}
			if err := stream.Send(&tracktrovev1.WatchTransactionsResponse{Event: event}); err != nil {
				return err
			}
			cursor++
		}
		select {
		case <-grown:
		case <-cut:
			return refuse(codes.Unavailable, "STREAM_STALLED")
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func refuse(c codes.Code, reason string) error {
	s, err := status.New(c, "the fake server says no").WithDetails(
		&errdetails.ErrorInfo{Reason: reason, Domain: "tracktrove", Metadata: map[string]string{"oldest": "1"}})
	if err != nil {
		return err
	}
	return s.Err()
}
