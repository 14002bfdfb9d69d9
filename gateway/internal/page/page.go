// Package page is what a browser sees: a small live page, Swagger UI and the API's description. Everything is in
// the binary; nothing comes from elsewhere.
package page

import (
	"embed"
	"io/fs"
	"net/http"

	swagger "github.com/swaggo/files/v2"
	"tracktrove.dev/gateway"
)

//go:embed static
var static embed.FS

// Nothing but this gateway's own files runs in the page. Swagger UI styles its elements inline.
const contentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"frame-ancestors 'none'"

// Handlers serve the pages, by their paths.
func Handlers() (map[string]http.HandlerFunc, error) {
	own, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	return map[string]http.HandlerFunc{
		"/":                                file(own, "live.html"),
		"/live.js":                         file(own, "live.js"),
		"/live.css":                        file(own, "live.css"),
		"/swagger-ui.html":                 file(own, "swagger-ui.html"),
		"/swagger-ui.js":                   file(own, "swagger-ui.js"),
		"/swagger-ui/swagger-ui.css":       file(swagger.FS, "swagger-ui.css"),
		"/swagger-ui/swagger-ui-bundle.js": file(swagger.FS, "swagger-ui-bundle.js"),
		"/openapi.json": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(gateway.OpenAPI)
		},
	}, nil
}

func file(folder fs.FS, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, folder, name)
	}
}
