//go:build e2e || browser

package web_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// readmeExamples are the README's examples in a language, of the chapter about the web, with the address of a gateway that
// runs.
func readmeExamples(t *testing.T, language, url string) []string {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(readme), "\n## From the web\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	address := strings.TrimPrefix(url, "http://")
	examples := []string{}
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(chapter, -1) {
		examples = append(examples, strings.ReplaceAll(block[1], "127.0.0.1:8080", address))
	}
	if len(examples) == 0 {
		t.Fatalf("the README has no example in %s", language)
	}
	return examples
}
