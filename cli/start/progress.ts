import { SingleBar } from 'cli-progress';
import type { PhotoResult } from '../../local/run/run-result.ts';
import { readableName } from '../../local/ui/readable.ts';

export interface Progress {
  advance(photo: PhotoResult): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

/** Shows how far a run is: a bar on a terminal, elsewhere a line now and then. */
export function showProgress(total: number, stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? progressBar(total, stream) : progressLines(total, stream);
}

function progressBar(total: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {value} of {total} · {key}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0, { key: '' });
  return { advance: ({ key }) => bar.increment({ key: readableName(key, 36) }), stop: () => bar.stop() };
}

/** Lines of a log are few, however many photos there are. */
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
