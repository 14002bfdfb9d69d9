package gateway_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"testing"
)

func TestWhatIsGeneratedIsFresh(t *testing.T) {
	fresh := t.TempDir()
	if output, err := exec.Command("./generate.sh", fresh).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	committed, generated := files(t, "gen"), files(t, fresh)
	for name, content := range generated {
		if !bytes.Equal(content, committed[name]) {
			t.Errorf("gen/%s is stale: run gateway/generate.sh", name)
		}
	}
	for name := range committed {
		if _, ok := generated[name]; !ok {
			t.Errorf("gen/%s is not generated any more", name)
		}
	}
}

func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	tree := os.DirFS(folder)
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contents[path], err = fs.ReadFile(tree, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}
