package edge

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

// Loopback says whether a host name can only mean this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (e *edge) checkHost(r *http.Request) error {
	host := hostname(r.Host)
	allowed := func(name string) bool { return strings.EqualFold(name, host) }
	if Loopback(host) || slices.ContainsFunc(e.options.Hosts, allowed) {
		return nil
	}
	return failure.New(codes.PermissionDenied, "HOST_NOT_ALLOWED",
		"the Host %q is none that this gateway goes by; see --allowed-host", r.Host)
}

// checkOrigin refuses what a page of another origin sends. Clients that are no browsers send no Origin.
func (e *edge) checkOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	origin := origins[0]
	page, err := url.Parse(origin)
	ours := err == nil && page.Host != "" && strings.EqualFold(page.Host, r.Host)
	if len(origins) == 1 && (ours || slices.Contains(e.options.Origins, origin) || e.mayRead(origin)) {
		return nil
	}
	return failure.New(codes.PermissionDenied, "ORIGIN_NOT_ALLOWED",
		"pages from %q may not use this gateway; see --allowed-origin and --cors-origin", origin)
}

func (e *edge) mayRead(origin string) bool { return slices.Contains(e.options.CORSOrigins, origin) }

// answerCORS names the page that may read the answer, and answers the browser's question before a write.
func (e *edge) answerCORS(w http.ResponseWriter, r *http.Request) (answered bool) {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !e.mayRead(origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

func hostname(hostport string) string {
	return (&url.URL{Host: hostport}).Hostname()
}
