package streams

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
)

// startAnswers serves at POST /answers an rpc whose answer to a call is a stream: a message, and then, at the first call
// alone, the death of the server. It answers how often it was called.
func startAnswers(t *testing.T) (url string, calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		call := calls.Add(1)
		if err := stream.RecvMsg(&tracktrovev1.InitiateTransactionRequest{}); err != nil {
			return err
		}
		event := &tracktrovev1.WatchTransactionsResponse_Change{Change: &tracktrovev1.TransactionChange{Sequence: call}}
		if err := stream.SendMsg(&tracktrovev1.WatchTransactionsResponse{Event: event}); err != nil || call > 1 {
			return err
		}
		return status.Error(codes.Unavailable, "the server dies")
	}))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	response := (&tracktrovev1.WatchTransactionsResponse{}).ProtoReflect()
	m := &method{
		path: "/test/Answer", request: (&tracktrovev1.InitiateTransactionRequest{}).ProtoReflect().Type(),
		response: response.Type(), event: response.Descriptor().Oneofs().Get(0),
	}
	mux := runtime.NewServeMux()
	if err := mux.HandlePath(http.MethodPost, "/answers", New(dial(t, listener.Addr().String())).handler(m)); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return web.URL + "/answers", calls
}

func post(t *testing.T, url, accept, body string) (httpStatus int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(all)
}

func TestAnAnswerThatStreamsIsAskedForAgainWithItsRequestID(t *testing.T) {
	url, calls := startAnswers(t)
	_, text := post(t, url, "*/*", `{"requestId": "r"}`)
	if lines := strings.Split(text, "\n"); calls.Load() != 2 || len(lines) != 3 || strings.Contains(text, "error") {
		t.Errorf("after %d calls: %s", calls.Load(), text)
	}
}

func TestAnAnswerThatStreamsBreaksWithItsServerWithoutARequestID(t *testing.T) {
	for _, accept := range []string{"*/*", "text/event-stream"} {
		url, calls := startAnswers(t)
		_, text := post(t, url, accept, `{"payer": "asha"}`)
		if calls.Load() != 1 || !strings.Contains(text, "the server dies") || strings.Contains(text, "resume_after") ||
			strings.Contains(text, "id: ") {
			t.Errorf("after %d calls: %s", calls.Load(), text)
		}
	}
}

func TestAnAnswerThatStreamsTakesItsRequestAsStrictlyAsOthers(t *testing.T) {
	url, calls := startAnswers(t)
	for _, body := range []string{`{"payor": "asha"}`, `{`, `{} {}`} {
		if httpStatus, text := post(t, url, "*/*", body); httpStatus != http.StatusBadRequest || calls.Load() != 0 {
			t.Errorf("%s: %d %s", body, httpStatus, text)
		}
	}
}
