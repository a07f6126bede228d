import { $, $$ } from "lib/dom.js";

const FORMATS = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "code_39", "itf", "qr_code"];
const LOOK_EVERY = 150;
// A code is read again once it has been out of the picture for this long.
const GONE_AFTER = 1200;

/** The camera as a scanner where the browser reads barcodes itself; elsewhere says why not, and takes typed codes. */
export class Camera {
  #dialog;
  #read;
  #stream = null;
  #seen = { code: "", at: 0 };

  /** `read(text)` does what a scanner's text does, and answers what came of it. */
  constructor(main, read) {
    this.#dialog = $("[data-camera-dialog]", main);
    this.#read = read;
    $("[data-camera]", main).addEventListener("click", () => this.#open());
    this.#dialog.addEventListener("close", () => this.#stop());
    $("[data-typed-code]", this.#dialog).addEventListener("submit", (event) => this.#typed(event));
  }

  async #open() {
    this.#dialog.showModal();
    const why = await this.#start();
    $("[data-live-camera]", this.#dialog).hidden = Boolean(why);
    $("[data-no-camera]", this.#dialog).hidden = !why;
    for (const each of $$("[data-why]", this.#dialog)) each.hidden = each.dataset.why !== why;
  }

  /** Starts to look; answers why it cannot. */
  async #start() {
    if (!isSecureContext) return "insecure";
    const formats = await window.BarcodeDetector?.getSupportedFormats().catch(() => null);
    if (!formats?.length || !navigator.mediaDevices?.getUserMedia) return "unsupported";
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      // Somebody may have closed the dialog while the browser asked for leave.
      if (!this.#dialog.open) return void stream.getTracks().forEach((track) => track.stop());
      this.#stream = stream;
    } catch (error) {
      return error.name === "NotAllowedError" ? "refused" : "missing";
    }
    const video = $("video", this.#dialog);
    video.srcObject = this.#stream;
    video.play().catch(() => {});
    this.#look(new BarcodeDetector({ formats: FORMATS.filter((each) => formats.includes(each)) }), video);
    return "";
  }

  async #look(detector, video) {
    if (!this.#stream) return;
    const found = await detector.detect(video).catch(() => []);
    const code = found[0]?.rawValue.trim() ?? "";
    if (code) await this.#saw(code);
    setTimeout(() => this.#look(detector, video), LOOK_EVERY);
  }

  async #saw(code) {
    const now = performance.now();
    const again = code === this.#seen.code && now - this.#seen.at < GONE_AFTER;
    this.#seen = { code, at: now };
    if (again) return;
    const answer = await this.#read(code);
    this.#seen.at = performance.now();
    // A waybill is the last thing that is read: its form is next.
    if (answer?.kind === "waybill" && !answer.refused) this.#dialog.close();
  }

  async #typed(event) {
    event.preventDefault();
    const { q } = event.target.elements;
    const text = q.value;
    q.value = "";
    const answer = await this.#read(text);
    if (answer?.kind === "waybill" && !answer.refused) this.#dialog.close();
  }

  #stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    $("video", this.#dialog).srcObject = null;
  }
}
