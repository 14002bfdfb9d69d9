package edge

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"tracktrove.dev/gateway/internal/failure"
)

const (
	subprotocols = "Sec-Websocket-Protocol"
	// What a page's WebSocket offers beside the real subprotocol: browsers let it set no header.
	bearerSubprotocol = "bearer."
)

func (e *edge) checkToken(r *http.Request) error {
	if e.options.Token == "" || slices.Contains(e.options.Open, r.URL.Path) {
		return nil
	}
	token, there := tokenOf(r)
	if !there {
		return failure.New(codes.Unauthenticated, "TOKEN_REQUIRED",
			"the header `Authorization: Bearer TOKEN` is required; a WebSocket may offer the subprotocol `bearer.TOKEN`")
	}
	// Hashes have one length, so that the comparison does not tell the token's.
	given, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(e.options.Token))
	if subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 {
		return failure.New(codes.Unauthenticated, "TOKEN_WRONG", "the bearer token is not the gateway's")
	}
	return nil
}

func tokenOf(r *http.Request) (token string, there bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return token, true
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return "", false
	}
	for _, offered := range offeredSubprotocols(r.Header) {
		if token, there := strings.CutPrefix(offered, bearerSubprotocol); there {
			return token, true
		}
	}
	return "", false
}

// withoutToken leaves the subprotocols that are no token, so that none can be echoed.
func withoutToken(header http.Header) {
	rest := slices.DeleteFunc(offeredSubprotocols(header), func(offered string) bool {
		return strings.HasPrefix(offered, bearerSubprotocol)
	})
	header.Del(subprotocols)
	if len(rest) > 0 {
		header.Set(subprotocols, strings.Join(rest, ", "))
	}
}

func offeredSubprotocols(header http.Header) (offered []string) {
	for _, line := range header.Values(subprotocols) {
		for _, one := range strings.Split(line, ",") {
			offered = append(offered, strings.TrimSpace(one))
		}
	}
	return offered
}
