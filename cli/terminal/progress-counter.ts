import { readableName } from '../../local/ui/readable.ts';

/** How far a walk of unknown length is. */
export interface Counter {
  /** Shows a count and the key it has come to. */
  show(count: number, key: string): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

const REDRAW_MILLISECONDS = 100;

/** One line that is drawn over and over on a terminal, and nothing elsewhere. */
export function counterOn(stream: NodeJS.WriteStream, unit: string): Counter {
  if (!stream.isTTY) return { show: () => {}, stop: () => {} };
  let drawn = 0;
  const redraw = (text: string): void => {
    stream.cursorTo(0);
    stream.clearLine(1);
    stream.write(text);
  };
  return {
    show: (count, key) => {
      if (performance.now() - drawn < REDRAW_MILLISECONDS) return;
      drawn = performance.now();
      redraw(`${count.toLocaleString('en')} ${unit} · ${readableName(key, 40)}`);
    },
    stop: () => redraw(''),
  };
}
