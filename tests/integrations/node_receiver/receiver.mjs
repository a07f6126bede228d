// A receiver and a sender of webhooks that share nothing with the product: Node and the reference library.
//
//   node receiver.mjs receive SECRET    prints its port; answers 204 to what verifies, 400 to what does not; each line after
//                                       the port is one request as JSON
//   node receiver.mjs sign SECRET ID AT prints the signature of the text on stdin, made at AT (seconds since 1970)
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const [does, secret, id, at] = process.argv.slice(2);
const webhook = new Webhook(secret);

if (does === "sign") {
  process.stdout.write(webhook.sign(id, new Date(Number(at) * 1000), await text(process.stdin)));
} else {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const told = { id: request.headers["webhook-id"], verified: true };
    try {
      told.type = webhook.verify(body, request.headers).type;
    } catch (error) {
      Object.assign(told, { verified: false, error: error.message });
    }
    console.log(JSON.stringify(told));
    response.writeHead(told.verified ? 204 : 400).end();
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
