import { parentPort, workerData } from 'node:worker_threads';
import { decode } from './decode.ts';

const answer = decode(workerData);
// Moves the pixels to the other thread instead of copying them.
parentPort?.postMessage(answer, answer.status === 'decoded' ? [answer.tiff.buffer as ArrayBuffer] : []);
