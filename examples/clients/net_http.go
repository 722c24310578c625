// Usage: net_http FILES CONCURRENCY DEST. A goroutine for each URL; a channel bounds the requests in flight.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Saves the body whatever the status is.
func download(client *http.Client, url, dest string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dest, filepath.Base(response.Request.URL.Path)), body, 0o644)
}

func main() {
	list, err := os.ReadFile(os.Args[1])
	limit, errLimit := strconv.Atoi(os.Args[2])
	if err != nil || errLimit != nil {
		log.Fatal(err, errLimit)
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: limit, MaxIdleConnsPerHost: limit}, Timeout: 30 * time.Second}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	urls := strings.Fields(string(list))
	results := make(chan error, len(urls))
	slots := make(chan struct{}, limit)
	for _, url := range urls {
		slots <- struct{}{}
		go func(url string) {
			results <- download(client, url, os.Args[3])
			<-slots
		}(url)
	}
	answered := len(urls)
	for range urls {
		if err := <-results; err != nil {
			log.Print(err)
			answered--
		}
	}
	fmt.Printf("%d of %d answered\n", answered, len(urls))
	if answered < len(urls) {
		os.Exit(1)
	}
}
