/** What has been written and not yet confirmed, kept in IndexedDB: it outlives reloads, crashes and dead zones. */

const NAME = "shopcomm-outbox";
const STORE = "unsent";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, { keyPath: "n", autoIncrement: true });
      store.createIndex("owner", "owner");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The unsent messages of one person in one conversation; kept in memory when the browser has no storage. */
export default class OutboxStore {
  #owner;
  #database;
  #memory = [];
  #count = 0;

  constructor(owner) {
    this.#owner = owner;
    // Private windows of some browsers refuse storage: sending must work all the same.
    this.#database = open().catch(() => null);
  }

  async all() {
    const database = await this.#database;
    if (!database) return [...this.#memory];
    return done(database.transaction(STORE).objectStore(STORE).index("owner").getAll(this.#owner));
  }

  async add(record) {
    record.owner = this.#owner;
    const database = await this.#database;
    if (database) record.n = await done(database.transaction(STORE, "readwrite").objectStore(STORE).add(record));
    else this.#memory.push(Object.assign(record, { n: ++this.#count }));
    return record;
  }

  async save(record) {
    const database = await this.#database;
    if (database) await done(database.transaction(STORE, "readwrite").objectStore(STORE).put(record));
  }

  async remove(record) {
    const database = await this.#database;
    if (database) await done(database.transaction(STORE, "readwrite").objectStore(STORE).delete(record.n));
    else this.#memory = this.#memory.filter((one) => one.n !== record.n);
  }
}
