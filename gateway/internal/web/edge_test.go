package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

const initiate = "/transactions/initiate"

func TestAWriteThatAnyPageCouldSendIsRefused(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	for _, contentType := range []string{
		"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp",
		"application/json; charset=utf-16", "text/plain; application/json",
	} {
		for _, body := range []string{"{}", ""} {
			call(t, "POST", url+initiate, body, headers{"Content-Type": contentType}).
				expectRefusal(t, http.StatusUnsupportedMediaType, "CONTENT_TYPE_NOT_JSON")
		}
	}
	call(t, "POST", url+initiate, "{}", headers{"Content-Type": "application/json; charset=UTF-8"}).expectOK(t)
}

func TestAPageOfAnotherOriginIsRefused(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{Origins: []string{"https://pay.example"}})
	host := strings.TrimPrefix(url, "http://")
	for _, origin := range []string{
		"https://evil.example", "null", "http://localhost:1", "http://" + host + ".evil.example", "https://pay.example:444",
	} {
		for _, path := range []string{"/v1/sandboxes/default/transactions", "/v1/sandboxes/default/transactions:watch", "/"} {
			call(t, "GET", url+path, "", headers{"Origin": origin}).
				expectRefusal(t, http.StatusForbidden, "ORIGIN_NOT_ALLOWED")
		}
		call(t, "POST", url+initiate, "{}", headers{"Origin": origin}).
			expectRefusal(t, http.StatusForbidden, "ORIGIN_NOT_ALLOWED")
	}
	for _, origin := range []string{"http://" + host, "https://pay.example"} {
		got := call(t, "POST", url+initiate, "{}", headers{"Origin": origin})
		got.expectOK(t)
		if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s may read the answer as %s", origin, allowed)
		}
	}
}

func TestANameThatIsNotOursIsRefused(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{Hosts: []string{"lab.example"}})
	for _, host := range []string{"evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "10.0.0.1:80"} {
		call(t, "GET", url+"/", "", headers{"Host": host}).expectRefusal(t, http.StatusForbidden, "HOST_NOT_ALLOWED")
	}
	for _, host := range []string{"localhost:8080", "[::1]:8080", "127.0.0.1", "lab.example", "LAB.example:443"} {
		call(t, "GET", url+"/healthz", "", headers{"Host": host}).expectOK(t)
	}
}

func TestACORSOriginMayAskSendAndRead(t *testing.T) {
	const page = "http://localhost:3000"
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{CORSOrigins: []string{page}, Token: "secret"})
	asked := call(t, "OPTIONS", url+initiate, "", headers{"Origin": page, "Access-Control-Request-Method": "POST"})
	if asked.httpStatus != http.StatusNoContent || asked.header.Get("Access-Control-Allow-Origin") != page ||
		!strings.Contains(asked.header.Get("Access-Control-Allow-Headers"), "Content-Type") {
		t.Errorf("the preflight's answer is %d %v", asked.httpStatus, asked.header)
	}
	// An error must be readable, too.
	for _, authorization := range []string{"", "Bearer secret"} {
		got := call(t, "POST", url+initiate, "{}", headers{"Origin": page, "Authorization": authorization})
		if got.header.Get("Access-Control-Allow-Origin") != page || got.header.Get("Vary") != "Origin" {
			t.Errorf("with %q the page may not read: %v", authorization, got.header)
		}
	}
}

func TestWithATokenOnlyWhatHoldsNoDataGoesWithout(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{Token: "secret"})
	for _, path := range []string{"/v1/sandboxes/default/transactions", watch, "/healthz/", "/openapi.json/", "/nothing"} {
		call(t, "GET", url+path, "", nil).expectRefusal(t, http.StatusUnauthorized, "TOKEN_REQUIRED")
		call(t, "GET", url+path, "", headers{"Authorization": "Bearer secre"}).
			expectRefusal(t, http.StatusUnauthorized, "TOKEN_WRONG")
	}
	for _, path := range []string{"/", "/live.js", "/swagger-ui.html", "/openapi.json", "/healthz", "/readyz"} {
		call(t, "GET", url+path, "", nil).expectOK(t)
	}
	call(t, "GET", url+"/v1/sandboxes/default/transactions", "", headers{"Authorization": "bearer secret"}).expectOK(t)
}

func TestAPagesWebSocketCarriesTheTokenAsASubprotocolThatIsNeverEchoed(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{Token: "secret"})
	dial := func(subprotocols ...string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(soon(t), strings.Replace(url, "http", "ws", 1)+watch,
			&websocket.DialOptions{Subprotocols: subprotocols})
	}
	for _, offered := range [][]string{{"tracktrove.v1", "bearer.secret"}, {"bearer.secret", "tracktrove.v1"}} {
		conn, response, err := dial(offered...)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if conn.Subprotocol() != "tracktrove.v1" || strings.Contains(fmt.Sprint(response.Header), "secret") {
			t.Errorf("%v is answered by %v", offered, response.Header)
		}
	}
	for _, offered := range [][]string{nil, {"tracktrove.v1"}, {"tracktrove.v1", "bearer.secre"}, {"secret"}} {
		if _, response, err := dial(offered...); err == nil || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v is answered by %v", offered, response.StatusCode)
		}
	}
	// Only an upgrade may carry it so.
	call(t, "GET", url+watch, "", headers{"Sec-WebSocket-Protocol": "bearer.secret"}).
		expectRefusal(t, http.StatusUnauthorized, "TOKEN_REQUIRED")
}

func TestAMethodCannotBeOverridden(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded"} {
			// The fake server fails the test when DeleteSandbox is reached.
			got := call(t, "POST", url+"/v1/sandboxes/lab", "", headers{header: "DELETE", "Content-Type": contentType})
			if got.httpStatus < 400 {
				t.Errorf("%s: %d", header, got.httpStatus)
			}
		}
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	call(t, "GET", url+"/", "", headers{"X-Long": strings.Repeat("x", 17<<10)}).
		expectRefusal(t, http.StatusRequestHeaderFieldsTooLarge, "HEADERS_TOO_LARGE")
	call(t, "GET", url+"/v1/sandboxes?page_token="+strings.Repeat("x", 17<<10), "", nil).
		expectRefusal(t, http.StatusRequestHeaderFieldsTooLarge, "HEADERS_TOO_LARGE")

	// The client sees the answer only if the body that nobody reads does not get in its way.
	body := `{"payload": {"a": "` + strings.Repeat("x", 10<<20)
	got := exchange(t, url, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", initiate, len(body), body))
	if !strings.HasPrefix(got, "HTTP/1.1 413 ") || !strings.Contains(got, "BODY_TOO_LARGE") {
		t.Error(got)
	}
}

func TestABodyThatDoesNotArriveIsNotWaitedFor(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{BodyDeadline: 50 * time.Millisecond})
	for _, framing := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
		got := exchange(t, url, "POST "+initiate+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
			framing+"\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 408 ") || !strings.Contains(got, "BODY_TOO_SLOW") {
			t.Errorf("%s: %s", framing, got)
		}
	}
}

// exchange sends bytes as they are, and answers all that comes back until the gateway closes the connection.
func exchange(t *testing.T, url, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = conn.Write([]byte(request)) }()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	_ = response.Write(&text)
	return text.String()
}
