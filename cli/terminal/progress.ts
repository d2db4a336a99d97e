import { SingleBar } from 'cli-progress';
import { readableName } from '../../local/ui/readable.ts';

/** Progress of work with a known length. */
export interface Progress {
  advance(photo: { readonly key: string; readonly status: string }): void;
  /** Removes the progress from the terminal. */
  stop(): void;
}

/** Shows the progress of a run: a bar on a terminal, and elsewhere up to 20 lines. */
export function showProgress(total: number, stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? progressBar(total, stream) : progressLines(total, stream);
}

/** Returns a bar that disappears when it stops. */
export function barOn(stream: NodeJS.WriteStream, format: string): SingleBar {
  return new SingleBar({
    stream,
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
}

function progressBar(total: number, stream: NodeJS.WriteStream): Progress {
  const bar = barOn(stream, '{bar} {value} of {total} · {key}');
  bar.start(total, 0, { key: '' });
  return { advance: ({ key }) => bar.increment({ key: readableName(key, 36) }), stop: () => bar.stop() };
}

/** Maximum lines in a log, however many photos there are. */
const MAX_LINES = 20;

function progressLines(total: number, stream: NodeJS.WriteStream): Progress {
  const step = Math.ceil(total / MAX_LINES);
  let done = 0;
  return {
    advance: ({ key, status }) => {
      done++;
      if (done % step === 0 || done === total) stream.write(`${done} of ${total} · ${status} ${readableName(key, 60)}\n`);
    },
    stop: () => {},
  };
}

/** Progress of work with an unknown length. */
export interface Counter {
  /** Shows the count and the current key. */
  show(count: number, key: string): void;
  /** Removes the count from the terminal. */
  stop(): void;
}

const REDRAW_MILLISECONDS = 100;

/** Returns a counter that redraws one line on a terminal, and shows nothing elsewhere. */
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
