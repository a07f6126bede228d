let context;

/** Two soft notes. Silent when the reader turned sounds off or the browser has not allowed them yet. */
export function chime() {
  if (document.body.dataset.sound === "off") return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  note(880, 0);
  note(1174.7, 0.16);
}

function note(frequency, delay) {
  const start = context.currentTime + delay;
  const oscillator = new OscillatorNode(context, { type: "sine", frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.linearRampToValueAtTime(0.18, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.45);
}
