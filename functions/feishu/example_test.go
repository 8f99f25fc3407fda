package feishu_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

func ExampleClient_Send() {
	bot := feishutest.NewBot(feishutest.Options{Secret: "demo"})
	bot.Start()
	defer bot.Close()

	client, err := feishu.New(feishu.Config{URL: bot.URL, Secret: "demo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	card := `{"schema":"2.0",
		"header":{"template":"orange","title":{"tag":"plain_text","content":"BackOff"}},
		"body":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"<at id=all></at> stays text"}}]}}`
	_, err = client.Send(context.Background(), feishu.Message{MsgType: "interactive", Payload: json.RawMessage(card)})
	fmt.Println(err)
	fmt.Println(bot.Messages()[0].Plain())
	fmt.Println(len(bot.Messages()[0].Mentions), "mentions")
	// Output:
	// <nil>
	// BackOff
	// <at id=all></at> stays text
	// 0 mentions
}

func ExampleError() {
	bot := feishutest.NewBot(feishutest.Options{Keywords: []string{"edge"}})
	bot.Start()
	defer bot.Close()
	client, err := feishu.New(feishu.Config{URL: bot.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Send(context.Background(), feishu.Message{MsgType: "interactive", Payload: json.RawMessage(`{"elements":[]}`)})
	var failed *feishu.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Class, failed.Code)
	}
	// Output: permanent_message 19024
}

func ExampleSign() {
	timestamp, sign := feishu.Sign(time.Unix(1599360473, 0), "demo")
	fmt.Println(timestamp, sign)
	// Output: 1599360473 l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=
}
