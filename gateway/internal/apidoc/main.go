// Command apidoc finishes the API description on its way from the generator to openapi.json: an operation's
// summary is the first sentence of its rpc's comment, its description the rest, and a stream says in which ways
// it comes.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strings"
)

type object = map[string]any

func main() {
	var api object
	if err := json.NewDecoder(os.Stdin).Decode(&api); err != nil {
		log.Fatal(err)
	}
	for _, methods := range api["paths"].(object) {
		for _, operation := range methods.(object) {
			finish(operation.(object))
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(api); err != nil {
		log.Fatal(err)
	}
}

func finish(operation object) {
	comment := strings.ReplaceAll(operation["summary"].(string), "\n", " ")
	summary, rest, _ := strings.Cut(comment, ". ")
	operation["summary"] = strings.TrimSuffix(summary, ".")
	if rest != "" {
		operation["description"] = strings.TrimSpace(strings.Replace(rest, "Errors: ", "\n\nErrors: ", 1))
	}
	success := operation["responses"].(object)["200"].(object)
	if strings.Contains(success["description"].(string), "streaming") {
		success["description"] = "A stream of lines, events or frames, each one such an object."
		operation["produces"] = []string{"application/x-ndjson", "text/event-stream"}
	} else {
		success["description"] = "OK"
	}
	operation["responses"].(object)["default"].(object)["description"] = "Refused; the details say why."
}
