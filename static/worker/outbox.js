/* Sends what was written while there was no network, after the page is gone. The rows are those of
   messaging/outbox_store.js, and a page that somebody looks at sends its own (`sendHere` in messaging/background.js);
   the same `client_id` makes it safe that both may be at it. */

const promised = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function unsent() {
  const opening = indexedDB.open("shopcomm-outbox", 1);
  // Not made by a page yet: nothing has been written.
  opening.onupgradeneeded = () => opening.transaction.abort();
  const database = await promised(opening).catch(() => null);
  if (!database) return null;
  const store = (mode) => database.transaction("unsent", mode).objectStore("unsent");
  return {
    all: () => promised(store("readonly").getAll()),
    save: (record) => promised(store("readwrite").put(record)),
    remove: (record) => promised(store("readwrite").delete(record.n)),
    close: () => database.close(),
  };
}

/** `visitor` is the page that wrote it: the session may speak for others too. */
async function send(url, body, { visitor, type }) {
  const named = (name) => self.cookieStore?.get(name);
  const token = ((await named("__Host-csrftoken")) ?? (await named("csrftoken")))?.value ?? "";
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  if (visitor) headers["X-Visitor"] = visitor;
  if (type) headers["Content-Type"] = type;
  return fetch(url, { method: "POST", body, headers, credentials: "same-origin", redirect: "error" });
}

/** What of a record's files the server has not got yet. Answers false when it refuses one. */
async function sendFiles(record, box) {
  for (const file of record.files ?? []) {
    if (file.id) continue;
    const form = new FormData();
    form.append("file", file.blob, file.name);
    form.append("conversation", record.conversation);
    const answer = await send(record.urls.attachments, form, record);
    if (isLater(answer)) throw new Error(`status ${answer.status}`);
    if (!answer.ok) return false;
    file.id = (await answer.json()).id;
    await box.save(record);
  }
  return true;
}

/** The server could not just now; the browser tries again. */
const isLater = (answer) => answer.status >= 500 || [408, 429].includes(answer.status);

/** Sends the rows of each conversation: words in order, then files in order. A refusal is left for the page, which can
    say why. */
async function sendUnsent() {
  const box = await unsent();
  if (!box) return;
  try {
    const rows = (await box.all()).filter((record) => !record.refused && record.urls);
    for (const files of [false, true]) {
      await sendInOrder(rows.filter((record) => Boolean(record.files?.length) === files), box);
    }
  } finally {
    box.close();
  }
}

async function sendInOrder(rows, box) {
  const stuck = new Set();
  for (const record of rows) {
    if (stuck.has(record.owner)) continue;
    if (!(await unlessSeen(record.owner, () => sendOne(record, box)))) stuck.add(record.owner);
  }
}

/** Does something unless a page that somebody looks at does it; answers false then. */
function unlessSeen(owner, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`outbox ${owner}`, { ifAvailable: true }, (lock) => (lock ? work() : false));
}

async function sendOne(record, box) {
  if (!(await sendFiles(record, box))) return false;
  const { client_id, kind, body, reply_to = null, internal = false } = record;
  const attachments = (record.files ?? []).map((file) => file.id);
  const message = { client_id, kind, body, reply_to, internal, attachments };
  const answer = await send(record.urls.messages, JSON.stringify(message), { ...record, type: "application/json" });
  if (isLater(answer)) throw new Error(`status ${answer.status}`);
  if (!answer.ok) return false;
  await box.remove(record);
  return true;
}

self.sendUnsent = sendUnsent;
