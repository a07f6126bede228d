let context;

/** Two soft notes: something has come. */
export const chime = () => play([880, 0], [1174.7, 0.16]);

/** One short high note: counted. */
export const counted = () => play([1568, 0, 0.12]);

/** Two low rough ones that nobody takes for the other: refused. */
export const refused = () => play([196, 0, 0.22, "square"], [156, 0.26, 0.34, "square"]);

/** Silent when the reader turned sounds off or the browser has not allowed them yet. */
function play(...notes) {
  if (document.body.dataset.sound === "off") return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  for (const each of notes) note(...each);
}

function note(frequency, delay, length = 0.45, type = "sine") {
  const start = context.currentTime + delay;
  const oscillator = new OscillatorNode(context, { type, frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.linearRampToValueAtTime(0.18, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, start + length - 0.05);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + length);
}
