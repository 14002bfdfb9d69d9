// Package page is what a browser sees: a small live page, Swagger UI and the API's description. Everything is in
// the binary; nothing comes from elsewhere.
package page

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	swagger "github.com/swaggo/files/v2"
	"tracktrove.dev/gateway"
)

//go:embed static
var static embed.FS

const description = "/openapi.json"

// Nothing but this gateway's own files runs in the page. Swagger UI styles its elements inline.
const contentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"frame-ancestors 'none'"

// Register serves the pages, and answers their paths.
func Register(mux *runtime.ServeMux) (paths []string, err error) {
	own, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	files := []struct {
		path   string
		folder fs.FS
		name   string
	}{
		{"/", own, "live.html"},
		{"/live.js", own, "live.js"},
		{"/live.css", own, "live.css"},
		{"/swagger-ui.html", own, "swagger-ui.html"},
		{"/swagger-ui.js", own, "swagger-ui.js"},
		{"/swagger-ui/swagger-ui.css", swagger.FS, "swagger-ui.css"},
		{"/swagger-ui/swagger-ui-bundle.js", swagger.FS, "swagger-ui-bundle.js"},
	}
	for _, file := range files {
		err := mux.HandlePath(http.MethodGet, file.path, func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
			w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, file.folder, file.name)
		})
		if err != nil {
			return nil, err
		}
		paths = append(paths, file.path)
	}
	return append(paths, description), mux.HandlePath(http.MethodGet, description,
		func(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(gateway.OpenAPI)
		})
}
