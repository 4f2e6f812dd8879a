/** How it looks. One sheet for all elements of a page, made by script, which a strict policy allows. */

const CSS = `
/* Names with a line below them are our own: a page that gives --ic-text its --text must not meet itself. */
:host {
  --_accent: var(--ic-accent, light-dark(#8a5a00, #f0be5a));
  --_on-accent: var(--ic-on-accent, light-dark(#ffffff, #241800));
  --_surface: var(--ic-surface, light-dark(#ffffff, #1d1c1a));
  --_text: var(--ic-text, light-dark(#22201c, #eeebe4));
  --_quiet: color-mix(in oklab, var(--_text) 76%, var(--_surface));
  --_border: var(--ic-border, light-dark(#d9d4ca, #45413a));
  --_radius: var(--ic-radius, 14px);
  display: block;
  color: var(--_text);
  font: 15px/1.45 system-ui, sans-serif;
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.frame {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 12px;
  padding: 12px;
  background: var(--_surface);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
}
.frame.over { outline: 3px dashed var(--_accent); outline-offset: -6px; }
.entrance {
  display: grid;
  place-items: center;
  align-content: center;
  gap: 10px;
  min-block-size: min(22rem, 60vh);
  padding: 24px 12px;
  text-align: center;
  border: 2px dashed var(--_border);
  border-radius: calc(var(--_radius) - 4px);
}
.entrance p { margin: 0; font-size: 1.1em; }
.entrance p.quiet { font-size: 0.9em; color: var(--_quiet); }
.stage {
  position: relative;
  overflow: hidden;
  justify-self: center;
  inline-size: min(100%, calc(var(--ic-max-height, 70vh) * var(--ratio, 1)));
  aspect-ratio: var(--ratio, 1);
  border-radius: calc(var(--_radius) - 4px);
  touch-action: none;
  cursor: crosshair;
  user-select: none;
  -webkit-user-select: none;
  background: color-mix(in oklab, var(--_text) 8%, var(--_surface));
}
.frame.busy .stage { cursor: progress; }
.layers { position: absolute; inset: 0; transform-origin: 0 0; direction: ltr; }
.picture {
  position: absolute;
  inset: 0;
  inline-size: 100%;
  block-size: 100%;
  background: repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0 / 16px 16px;
}
.after { position: absolute; inset: 0; pointer-events: none; }
.over { position: absolute; pointer-events: none; }
canvas.over { transition: opacity 0.25s; }
.edge { position: absolute; inset-block: 0; inline-size: 2px; background: #fff; box-shadow: 0 0 0 1px #0008; pointer-events: none; }
.veil { color: var(--ic-mask, #f0b429); opacity: 0.85; }
.square { outline: 200vmax solid rgb(0 0 0 / 0.45); }
.ring {
  position: absolute;
  aspect-ratio: 1;
  translate: -50% -50%;
  border: 2px solid #fff;
  outline: 1.5px solid #000;
  border-radius: 50%;
  pointer-events: none;
}
.toolbar, .results { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
.group { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; }
button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 8px;
  min-block-size: 40px;
  padding: 0 14px;
  font: inherit;
  color: inherit;
  background: transparent;
  border: 1px solid var(--_border);
  border-radius: 10px;
  cursor: pointer;
}
button.tool { inline-size: 40px; padding: 0; border-color: transparent; }
button:hover:enabled { background: color-mix(in oklab, var(--_accent) 14%, transparent); }
button:disabled { opacity: 0.4; cursor: default; }
button[aria-pressed="true"] {
  color: var(--_accent);
  border-color: var(--_accent);
  background: color-mix(in oklab, var(--_accent) 14%, transparent);
}
button.primary { color: var(--_on-accent); background: var(--_accent); border-color: var(--_accent); font-weight: 600; }
button.primary:hover:enabled:not(.stop) { background: color-mix(in oklab, var(--_accent) 85%, var(--_text)); }
.toolbar .primary { margin-inline-start: auto; min-inline-size: 7.5em; min-block-size: 44px; }
button.primary.stop { color: var(--_text); background: var(--_surface); border-color: currentcolor; }
svg {
  inline-size: 22px;
  block-size: 22px;
  fill: none;
  stroke: currentcolor;
  stroke-width: 1.7;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.slider { display: inline-flex; flex-wrap: wrap; max-inline-size: 100%; align-items: center; gap: 8px; color: var(--_quiet); font-size: 0.9em; }
input[type="range"] { inline-size: 6rem; min-inline-size: 2rem; max-inline-size: 100%; min-block-size: 32px; accent-color: var(--_accent); }
.compare { flex: 1 1 16rem; }
.compare input { flex: 1; min-inline-size: 6rem; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.stage:focus-visible { outline-offset: -3px; }
fieldset { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; padding: 0; border: 0; }
legend { float: inline-start; padding: 0; margin-inline-end: 10px; color: var(--_quiet); font-size: 0.9em; align-self: center; }
.candidate { position: relative; display: block; cursor: pointer; }
.candidate input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: inherit; inline-size: 100%; block-size: 100%; }
.candidate canvas { display: block; inline-size: 60px; block-size: 60px; border-radius: 8px; border: 2px solid transparent; }
.candidate input:checked + canvas { border-color: var(--_accent); box-shadow: 0 0 0 2px var(--_accent); }
.candidate input:focus-visible + canvas { outline: 3px solid var(--_accent); outline-offset: 4px; }
.status { display: grid; gap: 6px; }
.status p { overflow-wrap: anywhere; margin: 0; min-block-size: 1.45em; color: var(--_quiet); }
.status p.failed { color: light-dark(#a3160f, #ff9f94); }
.credit { margin: 0; color: var(--_quiet); font-size: 0.85em; overflow-wrap: anywhere; }
.status small { font-size: 0.9em; overflow-wrap: anywhere; }
progress { appearance: none; inline-size: 100%; block-size: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--_border); }
progress::-webkit-progress-bar { background: var(--_border); }
progress::-webkit-progress-value { background: var(--_accent); transition: inline-size 0.15s linear; }
progress::-moz-progress-bar { background: var(--_accent); }
progress:indeterminate { animation: wait 1.2s ease-in-out infinite alternate; background: var(--_accent); }
progress:indeterminate::-webkit-progress-bar { background: var(--_accent); }
@keyframes wait { from { opacity: 0.25; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { *, ::-webkit-progress-value { animation: none !important; transition: none !important; } }
@media (forced-colors: active) {
  button[aria-pressed="true"], .candidate input:checked + canvas { border-color: Highlight; outline: 2px solid Highlight; }
  .veil { color: Highlight; forced-color-adjust: none; }
  progress::-webkit-progress-value { background: Highlight; forced-color-adjust: none; }
}
@media (max-width: 30rem) {
  .toolbar .primary { flex: 1 1 100%; }
  legend { float: none; inline-size: 100%; margin-block-end: 4px; }
  input[type="range"] { inline-size: 6rem; }
}
`;

let made: CSSStyleSheet | undefined;

export function sheet(): CSSStyleSheet {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(CSS);
  }
  return made;
}
