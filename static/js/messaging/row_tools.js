/** What one can do with a message: answer it, take it back within the shop's window, jump to what it answers, take the
 *  address it offers. */

import { post } from "lib/http.js";
import { toast } from "lib/toast.js";

/** One tap confirms what the card shows; the answer says whether it is done or waits for somebody. */
async function take(button, failed) {
  button.disabled = true;
  try {
    const answer = await post(button.dataset.take);
    const { text } = await answer.json();
    toast(text, { alert: !answer.ok });
    if (answer.ok) button.remove();
  } catch {
    toast(failed, { alert: true });
  } finally {
    button.disabled = false;
  }
}

export function listen(log, { timeline, rows, recallWithin, failed, onReply, onRecall, onQuote }) {
  const entryOf = (target) => timeline.get(Number(target.closest("[data-seq]")?.dataset.seq));

  const refresh = (event) => {
    const recall = event.target.closest?.("[data-seq]")?.querySelector("[data-recall]");
    const entry = recall && entryOf(event.target);
    if (entry) recall.hidden = !rows.isMine(entry.message) || Date.now() - new Date(entry.message.created_at) > recallWithin * 1000;
  };
  log.addEventListener("pointerover", refresh);
  log.addEventListener("focusin", refresh);

  log.addEventListener("click", (event) => {
    const { target } = event;
    const offered = target.closest("[data-take]");
    if (offered) return take(offered, failed);
    const quote = target.closest("[data-quote]");
    if (quote) return onQuote(Number(quote.dataset.quote));
    const entry = entryOf(target);
    if (!entry) return undefined;
    if (target.closest("[data-recall]")) return onRecall(entry.message);
    if (target.closest("[data-answer]")) return onReply(entry.message);
    // Fingers cannot hover: a tap on the bubble brings its buttons.
    if (target.closest(".bubble") && !target.closest("a, button") && entry.row.classList.toggle("msg--open")) {
      // Those of the newest message open below what is seen.
      entry.row.querySelector("[data-tools]")?.scrollIntoView({ block: "nearest" });
    }
    return undefined;
  });
}
