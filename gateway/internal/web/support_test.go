package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/web"
)

const patience = 20 * time.Second

// start runs a gateway to servers with commas between, and answers its own address.
func start(t testing.TB, servers string, options edge.Options) (*web.Gateway, string) {
	t.Helper()
	conn, err := web.Dial(strings.Split(servers, ","), "")
	if err != nil {
		t.Fatal(err)
	}
	if options.BodyDeadline == 0 {
		options.BodyDeadline = patience
	}
	gateway, err := web.New(conn, options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gateway)
	t.Cleanup(func() {
		gateway.Streams.Stop()
		server.Close()
		gateway.Streams.Wait(soon(t))
		_ = conn.Close()
	})
	return gateway, server.URL
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// answer is what came back: the HTTP status and the body, as far as tests look at it.
type answer struct {
	httpStatus int
	header     http.Header
	text       string
	body       map[string]any
}

type headers map[string]string

// call sends a request, as JSON unless the headers say otherwise.
func call(t testing.TB, method, url, body string, extra headers) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(soon(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range extra {
		if name == "Host" {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{httpStatus: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body)
	return a
}

// reason is the one ErrorInfo's, or what is wrong with the error's shape.
func (a answer) reason() string {
	details, _ := a.body["details"].([]any)
	reasons := []string{}
	for _, detail := range details {
		if info := detail.(map[string]any); info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo" {
			if info["domain"] != "tracktrove" {
				return "a foreign domain"
			}
			reasons = append(reasons, info["reason"].(string))
		}
	}
	if a.header.Get("Content-Type") != "application/json" || a.body["code"] == nil || len(reasons) != 1 {
		return "no google.rpc.Status with one ErrorInfo: " + a.text
	}
	return reasons[0]
}

func (a answer) expectRefusal(t testing.TB, httpStatus int, reason string) {
	t.Helper()
	if a.httpStatus != httpStatus || a.reason() != reason {
		t.Errorf("got %d %s, expected %d %s; message %v", a.httpStatus, a.reason(), httpStatus, reason, a.body["message"])
	}
}

func (a answer) expectOK(t testing.TB) {
	t.Helper()
	if a.httpStatus != http.StatusOK {
		t.Fatalf("got %d: %s", a.httpStatus, a.text)
	}
}
