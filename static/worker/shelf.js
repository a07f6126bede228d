/* What the service worker keeps: the files every page needs, under hashed names, and the last state of a customer's
   own order pages. Only answers that carry X-Offline-Owner are kept: no page of the staff, nothing of /my/. */

const KEPT_FOR = 72 * 3600 * 1000;
const MOST_PAGES = 10;
const PATIENCE = 5000;

const stamped = (response) => Number(response.headers.get("X-Kept-At"));
const folder = (url) => new URL(url).pathname.match(/^\/o\/[^/]+\//)?.[0] ?? "";

class Shelf {
  /** Pages are put on the shelf one after the other, so that one customer's never lie beside another's. */
  #turn = Promise.resolve();

  constructor(version, files, offline) {
    this.files = `files-${version}`;
    this.pages = `pages-${version}`;
    this.wanted = files;
    this.offline = offline;
  }

  /** Takes files that did not change from the shelf of the version before; their names say so. */
  async fill() {
    const shelf = await caches.open(this.files);
    await Promise.all([...this.wanted, this.offline].map(async (url) => {
      const known = url === this.offline ? undefined : await caches.match(url);
      const answer = known ?? (await fetch(url, { credentials: url === this.offline ? "omit" : "same-origin" }));
      if (answer.ok) await shelf.put(url, answer);
    }));
  }

  /** Drops the shelves of older versions. Pages named their files, so they are asked for again. */
  async clear() {
    const names = (await caches.keys()).filter((name) => /^(files|pages)-/.test(name));
    const old = names.filter((name) => name !== this.files && name !== this.pages);
    for (const name of old.filter((each) => each.startsWith("pages-"))) {
      for (const { url } of await (await caches.open(name)).keys()) await this.renew(url).catch(() => {});
    }
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  /** A file: from the shelf, else from the network, and kept when its name carries a hash. */
  async file(request) {
    const known = await caches.match(request, { ignoreVary: true });
    if (known) return known;
    const answer = await fetch(request);
    if (answer.ok && /\.[0-9a-f]{12}\.\w+$/.test(new URL(request.url).pathname)) {
      await (await caches.open(this.files)).put(request, answer.clone());
    }
    return answer;
  }

  /** A page: from the network; when that is gone or takes too long, as it was when it was last seen. */
  async page(request, preload) {
    const asked = (async () => (await preload) ?? fetch(request))().then((answer) => this.keep(request.url, answer));
    const known = await this.last(request.url);
    if (!known) return asked.catch(() => caches.match(this.offline)).then((answer) => answer ?? Response.error());
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, known));
    return Promise.race([asked.catch(() => known), late]);
  }

  /** Asks for a page again. Whoever asks may have left it since: it never takes another customer's place. */
  async renew(url) {
    await this.keep(url, await fetch(url, { credentials: "same-origin" }), { renewal: true });
  }

  /** Keeps an answer if it may be kept; one that says the link is closed takes what is kept of it away. */
  async keep(url, answer, { renewal = false } = {}) {
    const owner = answer.headers.get("X-Offline-Owner");
    const shelf = await caches.open(this.pages);
    if ([403, 404, 410].includes(answer.status)) await this.#drop(shelf, (kept) => folder(kept.url) === folder(url));
    if (!answer.ok || answer.redirected || !owner) return answer;
    const headers = new Headers(answer.headers);
    const now = new Date();
    headers.set("X-Kept-At", now.getTime());
    for (const name of ["Set-Cookie", "Content-Encoding", "Content-Length"]) headers.delete(name);
    const text = (await answer.clone().text()).replace("<html", `<html data-as-of="${now.toISOString()}"`);
    // A full disk keeps nobody from reading the page that has just come.
    this.#turn = this.#turn.then(() => this.#put(url, new Response(text, { headers }), renewal)).catch(() => {});
    await this.#turn;
    return answer;
  }

  async #put(url, page, renewal) {
    const shelf = await caches.open(this.pages);
    const foreign = (_kept, known) => known.headers.get("X-Offline-Owner") !== page.headers.get("X-Offline-Owner");
    if (renewal && (await this.#find(shelf, foreign)).length) return;
    // Another customer in this browser: what the one before left is none of their business.
    await this.#drop(shelf, foreign);
    await shelf.put(plain(url), page);
    await this.tidy();
  }

  /** The page as it was last seen; not after three days, when a link may long be closed. */
  async last(url) {
    const shelf = await caches.open(this.pages);
    const known = (await shelf.match(plain(url))) ?? (await this.#otherView(shelf, plain(url)));
    return known && Date.now() - stamped(known) < KEPT_FOR ? known : undefined;
  }

  /** An order's progress and its chat are one page with two addresses: whichever was seen stands for both. */
  async #otherView(shelf, url) {
    const [, order, chat] = url.match(/^(.*\/o\/[^/]+\/)(chat\/)?$/) ?? [];
    const known = order && (await shelf.match(chat ? order : `${order}chat/`));
    if (!known) return undefined;
    const [from, to] = chat ? ["progress", "chat"] : ["chat", "progress"];
    const text = (await known.clone().text()).replace(`data-view="${from}"`, `data-view="${to}"`);
    return new Response(text, { headers: known.headers });
  }

  async tidy() {
    const shelf = await caches.open(this.pages);
    await this.#drop(shelf, (_kept, known) => Date.now() - stamped(known) >= KEPT_FOR);
    for (const kept of (await shelf.keys()).slice(0, -MOST_PAGES)) await shelf.delete(kept);
  }

  async #drop(shelf, unwanted) {
    for (const kept of await this.#find(shelf, unwanted)) await shelf.delete(kept);
  }

  async #find(shelf, wanted) {
    const found = [];
    for (const kept of await shelf.keys()) {
      const known = await shelf.match(kept);
      if (known && wanted(kept, known)) found.push(kept);
    }
    return found;
  }
}

/** An address without its query: the page is the same. */
function plain(url) {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

self.Shelf = Shelf;
