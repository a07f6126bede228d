// A chat as its tutorials write it: socket.io with the Redis adapter, each message an INSERT, or batched: what comes
// while one INSERT is in flight shares the next. Nobody is asked who they are; nothing is numbered.
// Started with a port and "single" or "batched"; PEERS_FOLDER has the packages, which a module would look for beside itself.
import { createServer } from "node:http"
import { createRequire } from "node:module"

const require = createRequire(`${process.env.PEERS_FOLDER}/`)
const { Server } = require("socket.io")
const { createAdapter } = require("@socket.io/redis-adapter")
const { createClient } = require("redis")
const { Pool } = require("pg")

const TABLE = `CREATE TABLE IF NOT EXISTS peer_message (
  id bigserial PRIMARY KEY, conversation_id bigint NOT NULL, client_id uuid NOT NULL, body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now())`
const ONE = {
  name: "one",
  text: "INSERT INTO peer_message (conversation_id, client_id, body) VALUES ($1, $2, $3) RETURNING id, created_at",
}
const MANY = {
  name: "many",
  text: `INSERT INTO peer_message (conversation_id, client_id, body)
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[]) RETURNING id, created_at`,
}
const BATCH = 200

const [port, how] = process.argv.slice(2)
const database = new Pool({ host: process.env.PGHOST, user: process.env.PGUSER, database: process.env.PGDATABASE })
const publisher = createClient({ url: process.env.REDIS_URL })
const subscriber = publisher.duplicate()

const waiting = []
let busy = false

async function storeOne(socket, message) {
  const { rows } = await database.query({ ...ONE, values: [message.conversation, message.client_id, message.body] })
  tell(socket, message, rows[0])
}

function storeWithOthers(socket, message) {
  waiting.push([socket, message])
  if (!busy) flush()
}

async function flush() {
  busy = true
  while (waiting.length) {
    const batch = waiting.splice(0, BATCH)
    const values = ["conversation", "client_id", "body"].map((name) => batch.map(([, message]) => message[name]))
    const { rows } = await database.query({ ...MANY, values })
    batch.forEach(([socket, message], place) => tell(socket, message, rows[place]))
  }
  busy = false
}

function tell(socket, message, { id, created_at }) {
  socket.emit("message.ack", { conversation: message.conversation, client_id: message.client_id, id })
  io.to(`room:${message.conversation}`).emit("message.new", { ...message, id, created_at })
}

await Promise.all([publisher.connect(), subscriber.connect(), database.query(TABLE)])
const http = createServer((_request, response) => response.end("ok"))
const io = new Server(http, { adapter: createAdapter(publisher, subscriber), transports: ["websocket"], serveClient: false })
const store = how === "batched" ? storeWithOthers : storeOne
io.on("connection", (socket) => {
  socket.on("subscribe", ({ conversation }) => {
    socket.join(`room:${conversation}`)
    socket.emit("subscribed", {})
  })
  socket.on("message.send", (message) => store(socket, message))
})
http.listen(Number(port), "127.0.0.1")
