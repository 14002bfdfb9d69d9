// Command apidoc finishes the API description on its way from the generator to openapi.json. The generator writes version
// 2; what makes clients of it wants version 3. An operation's summary is the first sentence of its rpc's comment, its
// description the rest, and a stream says in which ways it comes.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

func main() {
	var generated openapi2.T
	if err := json.NewDecoder(os.Stdin).Decode(&generated); err != nil {
		log.Fatal(err)
	}
	api, err := openapi2conv.ToV3(&generated)
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range api.Paths.Map() {
		for _, operation := range path.Operations() {
			finish(operation)
		}
	}
	// Version 2 has no word for it.
	bearer := openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer")
	bearer.Description = "The token, where the gateway has an --auth-token-file."
	api.Components.SecuritySchemes["bearer"].Value = bearer

	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(api); err != nil {
		log.Fatal(err)
	}
}

func finish(operation *openapi3.Operation) {
	comment := strings.ReplaceAll(operation.Summary, "\n", " ")
	summary, rest, _ := strings.Cut(comment, ". ")
	operation.Summary = strings.TrimSuffix(summary, ".")
	operation.Description = strings.TrimSpace(strings.Replace(rest, "Errors: ", "\n\nErrors: ", 1))

	success := operation.Responses.Value("200").Value
	if strings.Contains(*success.Description, "streaming") {
		success.WithDescription("A stream of lines, events or frames, each one such an object.")
		line := success.Content["application/json"]
		success.Content = openapi3.Content{"application/x-ndjson": line, "text/event-stream": line}
		if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, "resumeAfter") != nil {
			lastSeen := openapi3.NewHeaderParameter("Last-Event-ID").WithSchema(openapi3.NewInt64Schema())
			lastSeen.Description = "Goes before `resumeAfter`; a reconnecting EventSource sends it."
			operation.AddParameter(lastSeen)
		}
	} else {
		success.WithDescription("OK")
	}
	operation.Responses.Default().Value.WithDescription("Refused; the details say why.")
	if operation.RequestBody != nil {
		operation.RequestBody.Value.Extensions = nil // a note of the conversion's own
	}
}
